/** What the workbench notifies people of, over its HTTP interface. */
import type { NotificationPage } from "@signalbox/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeImage, type Person, type RunningWorkbench, runWorkbench, signIn, signUp } from "../fixture.ts";

let workbench: RunningWorkbench;
beforeAll(async () => {
  workbench = await runWorkbench();
});
afterAll(() => workbench?.remove());

const noticesOf = async (person: Person) =>
  ((await (await person.fetch("/realtime/notifications?after=0")).json()) as NotificationPage).notifications;

async function untilNotified(person: Person, type: string) {
  await expect
    .poll(async () => (await noticesOf(person)).map((each) => each.type), { timeout: 15_000 })
    .toContain(type);
  return (await noticesOf(person)).find((each) => each.type === type);
}

it("a batch that is ready is told to its owner, with a link to it, and to nobody else", async () => {
  const [ada, bob] = [await signUp(workbench.url), await signUp(workbench.url)];
  const started = await ada.start([await makeImage("one.jpg")]);
  const { task_id } = (await started.json()) as { task_id: string };
  expect(await untilNotified(ada, "batch_finished")).toMatchObject({
    ...{ priority: "normal", body: "1 converted.", link: `${workbench.url}/tasks/${task_id}` },
  });
  expect(await noticesOf(bob)).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await noticesOf(ada)).toHaveLength(1);
});

it("a sign-in on a new device is told, and neither the first one nor one on a known device", async () => {
  const ada = await signUp(workbench.url);
  expect(await noticesOf(ada)).toEqual([]);
  const account = { email: ada.email, password: "correct horse" };
  const signInWith = (cookie?: string) =>
    fetch(`${workbench.url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: workbench.url, "content-type": "application/json", ...(cookie && { cookie }) },
      body: JSON.stringify(account),
    });
  const device = /workbench_device=[\w-]+/.exec(ada.cookie)?.[0];
  expect(device).toBeDefined();
  const known = await signInWith(device);
  expect(known.headers.getSetCookie().filter((each) => each.startsWith("workbench_device"))).toEqual([]);
  expect(await noticesOf(ada)).toEqual([]);

  const other = await signInWith();
  const [given] = other.headers.getSetCookie().filter((each) => each.startsWith("workbench_device"));
  expect(given).toMatch(/HttpOnly; SameSite=Lax$/);
  expect(given).not.toContain(device);
  const again = await signIn(workbench.url, account);
  expect(await noticesOf(again)).toEqual([
    expect.objectContaining({ type: "new_device", priority: "high" }),
    expect.objectContaining({ type: "new_device" }),
  ]);
  const wrong = await signInWith("workbench_device=short");
  expect(wrong.headers.getSetCookie().some((each) => each.startsWith("workbench_device"))).toBe(true);
});
