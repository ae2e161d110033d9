/** What the workbench tells people of its own accord, as they read it over HTTP. */
import type { Notification, NotificationPage } from "@signalbox/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage, type Person, type RunningWorkbench, runWorkbench, signIn, signUp } from "../fixture.ts";

// A workbench is started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let workbench: RunningWorkbench;

beforeAll(async () => {
  workbench = await runWorkbench();
});
afterAll(() => workbench?.remove());

async function notificationsOf(person: Person): Promise<readonly Notification[]> {
  const answer = await person.fetch("/realtime/notifications?after=0");
  expect(answer.status).toBe(200);
  return ((await answer.json()) as NotificationPage).notifications;
}

const broken = new File(["GIF89a and then nothing of a picture"], "broken.gif", { type: "image/gif" });

describe("a batch that ended", () => {
  it("notifies its owner alone, with an absolute link to its page", async () => {
    const [ada, eve] = await Promise.all([signUp(workbench.url), signUp(workbench.url)]);
    const { task_id } = await (await ada.start([await makeImage("a.png", 32, 32)])).json();
    await expect
      .poll(() => notificationsOf(ada))
      .toMatchObject([
        {
          type: "batch_finished",
          priority: "normal",
          title: "Ready: a.png",
          link: `${workbench.url}/tasks/${task_id}`,
        },
      ]);
    expect(await notificationsOf(eve)).toEqual([]);
  });

  it("is of high priority when an image could not be read, and when nothing came of it", async () => {
    const ada = await signUp(workbench.url);
    await ada.start([await makeImage("a.png", 32, 32), broken]);
    await expect
      .poll(() => notificationsOf(ada))
      .toMatchObject([{ type: "batch_finished", priority: "high", body: "1 converted, 1 could not be converted." }]);
    await ada.start([broken]);
    await expect
      .poll(async () => (await notificationsOf(ada))[1])
      .toMatchObject({ type: "batch_failed", priority: "high" });
  });
});

const deviceOf = (cookie: string): string | undefined => /workbench_device=[\w-]{43}/.exec(cookie)?.[0];

/** Signs in with the cookies of a browser. */
async function signInAgain(email: string, cookie: string | undefined, query = ""): Promise<Response> {
  return fetch(`${workbench.url}/api/auth/sign-in/email${query}`, {
    method: "POST",
    headers: { origin: workbench.url, "content-type": "application/json", ...(cookie && { cookie }) },
    body: JSON.stringify({ email, password: "correct horse" }),
  });
}

describe("a browser", () => {
  it("is remembered by a cookie that scripts cannot read, and is announced once when it is new", async () => {
    const ada = await signUp(workbench.url);
    const device = deviceOf(ada.cookie);
    const again = await signInAgain(ada.email, device);
    const set = again.headers.getSetCookie().find((each) => each.startsWith("workbench_device="));
    expect(set).toMatch(/HttpOnly/i);
    expect(set).toMatch(/SameSite=Lax/i);
    expect(deviceOf(set ?? "")).toBe(device);
    expect(await notificationsOf(ada)).toEqual([]);

    const other = await signIn(workbench.url, { email: ada.email, password: "correct horse" });
    expect(deviceOf(other.cookie)).not.toBe(device);
    await signInAgain(ada.email, deviceOf(other.cookie));
    expect(await notificationsOf(ada)).toMatchObject([{ type: "new_device", priority: "high" }]);
  });

  it("that another person uses is new to this one, and so is one that makes up a token", async () => {
    const [ada, eve] = await Promise.all([signUp(workbench.url), signUp(workbench.url)]);
    await signInAgain(ada.email, deviceOf(eve.cookie));
    const forged = await signInAgain(ada.email, "workbench_device=guess");
    expect(deviceOf(forged.headers.getSetCookie().join())).not.toBeUndefined();
    expect((await notificationsOf(ada)).map(({ type }) => type)).toEqual(["new_device", "new_device"]);
    expect(await notificationsOf(eve)).toEqual([]);
  });

  it("is announced however the address of the sign-in is written", async () => {
    const ada = await signUp(workbench.url);
    expect((await signInAgain(ada.email, undefined, "?x=1")).status).toBe(200);
    expect(await notificationsOf(ada)).toMatchObject([{ type: "new_device" }]);
  });

  it("gets no token for a wrong password, and is not announced", async () => {
    const ada = await signUp(workbench.url);
    const wrong = await fetch(`${workbench.url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: workbench.url, "content-type": "application/json" },
      body: JSON.stringify({ email: ada.email, password: "wrong horse" }),
    });
    expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([401, []]);
    expect(await notificationsOf(ada)).toEqual([]);
  });
});
