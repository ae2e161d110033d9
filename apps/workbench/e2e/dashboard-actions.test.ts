/** What administrators can do about connections and tasks, each time asked first, and written down. */
import { connectClient, refusalOf } from "@signalbox/server/testing";
import { describe, expect, it } from "vitest";
import { type Person, signUp } from "../test/fixture.ts";
import { goToPanel } from "./browser.ts";
import { act, answer, enter, enterBefore, expectAudited, focusedTestId, useDashboard } from "./dashboard-steps.ts";

const dashboard = useDashboard();

const knock = async ({ cookie }: Person) => (await refusalOf(dashboard().workbench.url, { cookie })).code;
const connectionOf = (name: string) => dashboard().page.getByTestId("connection").filter({ hasText: name }).first();
const done = () => dashboard().page.getByTestId("admin-done").textContent();

describe("connections", () => {
  it("are searched, sorted by the server, and keep up by themselves", async () => {
    const { page } = dashboard();
    await goToPanel(page, "Connections");
    await enter(dashboard(), "Zoe");
    await enter(dashboard(), "Anton");
    await connectionOf("Anton").waitFor();
    await page.getByRole("button", { name: "User", exact: true }).click();
    const first = page.getByTestId("connection").first().getByRole("rowheader");
    await expect.poll(() => first.textContent()).toBe("Administrator");
    expect(await page.getByRole("columnheader", { name: "User" }).getAttribute("aria-sort")).toBe("ascending");
    await page.getByRole("button", { name: "User", exact: true }).click();
    await expect.poll(() => first.textContent()).toBe("Zoe");
    await page.getByLabel("Search").fill("anton");
    await expect.poll(() => page.getByTestId("connection").count()).toBe(1);
    await page.getByLabel("Search").fill("nobody at all");
    await page.getByText("No connection matches.").waitFor();
    await page.getByLabel("Search").fill("");
  });

  it("of a user are closed after a question; the focus comes back, and the log says who did it and why", async () => {
    const { page } = dashboard();
    await goToPanel(page, "Connections");
    const { client } = await enter(dashboard(), "Noisy Neighbour");
    await act(dashboard(), connectionOf("Noisy Neighbour"), "disconnect-user");
    await page.getByTestId("confirm-dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("confirm-dialog").waitFor({ state: "detached" });
    expect(client.socket.connected).toBe(true);
    expect(await focusedTestId(dashboard())).toBe("connection-details");
    await act(dashboard(), connectionOf("Noisy Neighbour"), "disconnect-user");
    await answer(dashboard(), "too loud today");
    await client.disconnected();
    expect(await done()).toBe("Closed 1 connection of Noisy Neighbour.");
    await connectionOf("Noisy Neighbour").waitFor({ state: "detached" });
    expect(await focusedTestId(dashboard())).not.toBeNull();
    await expectAudited(dashboard(), "too loud today");
  });

  it("end with the session that is revoked", async () => {
    const { page } = dashboard();
    await goToPanel(page, "Connections");
    const { person, client } = await enter(dashboard(), "Lost Laptop");
    await act(dashboard(), connectionOf("Lost Laptop"), "revoke-session");
    await answer(dashboard(), "reported as stolen");
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
    expect(await knock(person)).toMatch(/^session_/);
    await expectAudited(dashboard(), "reported as stolen");
  });

  it("are refused to a blocked user until the block is lifted", async () => {
    const { workbench, page } = dashboard();
    await goToPanel(page, "Connections");
    const { person, client } = await enter(dashboard(), "Mallory");
    await act(dashboard(), connectionOf("Mallory"), "add-block");
    const dialog = page.getByTestId("confirm-dialog");
    await dialog.locator("[name=reason]").fill("   ");
    await page.keyboard.press("Enter");
    await dialog.getByText("Please give a reason.").waitFor();
    expect(client.socket.connected).toBe(true);
    await dialog.locator("[name=reason]").fill("");
    await answer(dashboard(), "spams everybody", "5 minutes");
    await client.disconnected();
    expect(await knock(person)).toBe("blocked");

    await goToPanel(page, "Blocks");
    const block = page.locator(`[data-block-id="${person.userId}"]`);
    await expect.poll(() => block.textContent()).toMatch(/Mallory.*banned.*Administrator.*spams everybody/);
    await block.getByTestId("lift-block").focus();
    await page.keyboard.press("Enter");
    await answer(dashboard(), "has apologized");
    await block.waitFor({ state: "detached" });
    expect(await focusedTestId(dashboard())).not.toBeNull();
    const again = await connectClient(workbench.url, { cookie: person.cookie });
    again.close();
    await expectAudited(dashboard(), "has apologized");
  });
});

describe("tasks", () => {
  it("are shown in progress, searched, and cancelled after a question", async () => {
    const { page } = dashboard();
    const { person } = await enterBefore(dashboard(), "Ada Lovelace");
    await person.start({ steps: 500, step_ms: 100 });
    await goToPanel(page, "Tasks");
    const task = page.getByTestId("admin-task").first();
    await task.locator("progress[value]").waitFor();
    await task.getByText("Ada Lovelace").waitFor();
    const before = Number(await task.locator("progress").getAttribute("value"));
    await expect.poll(async () => Number(await task.locator("progress").getAttribute("value"))).toBeGreaterThan(before);
    await page.getByLabel("Search").fill("no such task");
    await page.getByText("No task matches.").waitFor();
    await page.getByLabel("Search").fill(person.userId);
    await task.getByTestId("admin-cancel-task").focus();
    await page.keyboard.press("Enter");
    await answer(dashboard(), "needs the machine");
    await page.locator("[data-testid=admin-task][data-status=cancelled]").waitFor();
    await expectAudited(dashboard(), "needs the machine");
  });
});

describe("blocks", () => {
  it("are made for a user who is in no list", async () => {
    const { workbench, page } = dashboard();
    const person = await signUp(workbench.url, "Absent");
    await goToPanel(page, "Blocks");
    await page.getByLabel("User id").fill(person.userId);
    await page.keyboard.press("Enter");
    await answer(dashboard(), "known from elsewhere", "1 week");
    await page.locator(`[data-block-id="${person.userId}"]`).waitFor();
    expect(await knock(person)).toBe("blocked");
  });

  it("show the server's refusal in a sentence", async () => {
    const { page } = dashboard();
    await goToPanel(page, "Blocks");
    const own = await page.evaluate(async () => {
      const config = await (await fetch("/realtime/client-config")).json();
      return config.user.user_id as string;
    });
    await page.getByLabel("User id").fill(own);
    await page.keyboard.press("Enter");
    await page.locator("[name=reason]").fill("by mistake");
    await page.keyboard.press("Enter");
    await page.getByTestId("confirm-problem").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("confirm-dialog").waitFor({ state: "detached" });
  });
});
