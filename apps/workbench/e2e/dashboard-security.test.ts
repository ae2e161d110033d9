/** The security log as a timeline: narrowed, read in peace, and acted upon. */
import { connectClient, refusalOf } from "@signalbox/server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { administrator, type Person, signIn } from "../test/fixture.ts";
import { goToPanel } from "./browser.ts";
import { act, answer, enter, useDashboard } from "./dashboard-steps.ts";

// Without limits of rate: a long log is made in a moment.
const dashboard = useDashboard({ SOCKETIO_RATE_LIMITING: "false" });

const knock = async ({ cookie }: Person) => (await refusalOf(dashboard().workbench.url, { cookie })).code;
const lines = () => dashboard().page.getByTestId("security-event");
const done = () => dashboard().page.getByTestId("admin-done").textContent();

describe("the security log", () => {
  it("is filtered by type, severity, user, address and text, and folds what is repeated", async () => {
    const { workbench, page } = dashboard();
    const { person, client } = await enter(dashboard(), "Curious");
    await client.request("join_room", { room_id: "secret" });
    await client.request("join_room", { room_id: "secret" });
    await fetch(`${workbench.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
    await goToPanel(page, "Security log");
    const types = () => lines().evaluateAll((rows) => [...new Set(rows.map((row) => row.getAttribute("data-type")))]);
    await lines().filter({ hasText: "evil.example" }).waitFor();

    await page.getByLabel("Type").selectOption("origin_refused");
    await expect.poll(types).toEqual(["origin_refused"]);
    await page.getByLabel("Type").selectOption("");
    await page.getByLabel("User id").fill(person.userId);
    await expect.poll(types).toEqual(["room_denied"]);
    await page.getByLabel("Address").fill("203.0.113.9");
    await page.getByText("No line matches.").waitFor();
    await page.getByLabel("Address").fill("127.0.0.1");
    await expect.poll(types).toEqual(["room_denied"]);
    await page.getByLabel("Severity").selectOption("high");
    await page.getByText("No line matches.").waitFor();
    await page.getByLabel("Severity").selectOption("medium");
    await lines().filter({ hasText: "×2" }).waitFor();
    await page.getByLabel("User id").fill("");
    await page.getByLabel("Text", { exact: true }).fill("EVIL.example");
    await expect.poll(types).toEqual(["origin_refused"]);
  });

  it("keeps the view still for an administrator who reads further down, and loads older lines", async () => {
    const { workbench, page } = dashboard();
    const { cookie } = await signIn(workbench.url, administrator);
    const second = await connectClient(workbench.url, { cookie, namespace: "/admin" });
    onTestFinished(() => second.close());
    // Each command leaves a line of its own, which no other is folded into.
    const leaveLine = (id: string) => second.request("lift_block", { subject: "user", id });
    for (let count = 0; count < 120; count += 1) await leaveLine(`many-${count}.`);
    await goToPanel(page, "Security log");
    const frame = page.locator(".table-frame");
    await lines().filter({ hasText: "many-119." }).waitFor();
    await frame.evaluate((element) => element.scrollTo(0, 600));
    const top = () =>
      frame.evaluate(async (element) => {
        // The list draws its rows in the frame after it was scrolled.
        for (let frames = 0; frames < 3; frames += 1) await new Promise(requestAnimationFrame);
        return [element.scrollTop, element.querySelector("tbody tr")?.textContent];
      });
    await expect.poll(async () => (await top())[0]).toBe(600);
    const before = await top();
    await leaveLine("news-1");
    await leaveLine("news-2");
    await page.getByRole("button", { name: "2 new lines above" }).waitFor();
    expect(await top()).toEqual(before);
    await page.getByTestId("held-lines").click();
    await lines().filter({ hasText: "news-2" }).waitFor();
    await page.getByTestId("older-lines").click();
    await page.getByTestId("older-lines").waitFor({ state: "detached" });
    await frame.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await lines().filter({ hasText: "many-0." }).waitFor();
  });

  it("leads from a line to what can be done: disconnect, block user or address, lift", async () => {
    const { page } = dashboard();
    const name = `Offender ${Date.now()}`;
    const { person, client } = await enter(dashboard(), name);
    await client.request("join_room", { room_id: "secret" });
    // The dashboard knows the names of users whose connections it has shown.
    await goToPanel(page, "Connections");
    await page.getByText(name).first().waitFor();
    await goToPanel(page, "Security log");
    // The actions, and the refused attempts to connect, are logged as well: lines with the same name that come
    // meanwhile.
    const line = lines().and(page.locator("[data-type=room_denied]")).filter({ hasText: name });
    await act(dashboard(), line, "disconnect-user");
    await answer(dashboard(), "first warning");
    await client.disconnected();
    await act(dashboard(), line, "block-user");
    await answer(dashboard(), "second warning", "1 hour");
    await expect.poll(() => knock(person)).toBe("blocked");
    await act(dashboard(), line, "lift-user");
    await answer(dashboard(), "enough");
    await act(dashboard(), line, "block-address");
    await answer(dashboard(), "all of them", "1 day");
    await expect.poll(done).toMatch(/^Blocked guests at 127\.0\.0\.1 until/);
    await act(dashboard(), line, "lift-address");
    await answer(dashboard(), "not all of them");
    await expect.poll(done).toBe("Lifted the block of guests at 127.0.0.1.");
  });
});
