/** The administrators' dashboard: every part of it, and what can be done there, by keyboard. */
import { connectClient, refusalOf, type TestClient } from "@signalbox/server/testing";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { administrator, type Person, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { collectComplaints, goToPanel, launchBrowser, openDashboard } from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  workbench = await runWorkbench({ SIGNALBOX_SECURITY_FOLD: "2" });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(6000);
  complaints = collectComplaints(page);
  await openDashboard(page, workbench.url, administrator);
}, 60_000);
beforeEach(async () => {
  await page.goto(`${workbench.url}/admin`);
  await page.locator("[data-testid=admin-feed][data-state=live]").waitFor();
});
afterAll(async () => {
  await browser?.close();
  await workbench?.remove();
});

async function enter(name: string): Promise<{ person: Person; client: TestClient }> {
  const person = await signUp(workbench.url, name);
  const client = await connectClient(workbench.url, { cookie: person.cookie });
  onTestFinished(() => client.close());
  return { person, client };
}

const knock = async ({ cookie }: Person) => (await refusalOf(workbench.url, { cookie })).code;

/** Answers a question without a mouse. */
async function answer(reason: string, duration?: string): Promise<void> {
  const dialog = page.getByTestId("confirm-dialog");
  await dialog.waitFor();
  if (duration !== undefined) await dialog.getByLabel("For").selectOption({ label: duration });
  await dialog.locator("[name=reason]").focus();
  await page.keyboard.type(reason);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
}

/** Opens the details of a row, and presses what is offered there. */
async function act(row: Locator, action: string): Promise<void> {
  await row.getByRole("button", { name: /^Details/ }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByTestId("details-dialog");
  await dialog.waitFor();
  await dialog.getByTestId(action).focus();
  await page.keyboard.press("Enter");
}

const connectionOf = (name: string) => page.getByTestId("connection").filter({ hasText: name }).first();
const done = () => page.getByTestId("admin-done").textContent();
const lines = () => page.getByTestId("security-event");

/** What the log says of an action: who asked for what, and why. */
async function expectAudited(reason: string): Promise<void> {
  await goToPanel(page, "Security log");
  const line = lines().filter({ hasText: reason });
  await line.waitFor();
  expect(await line.textContent()).toMatch(/admin action.*Administrator/);
}

describe("the overview", () => {
  it("shows the last hour as charts and in words, from the first moment on", async () => {
    await page.getByTestId("admin-metrics").waitFor();
    for (const name of ["connections", "traffic", "refusals", "lag", "processor", "memory"]) {
      await page.getByTestId(`chart-${name}`).waitFor();
    }
    const figures = page.getByTestId("chart-connections").getByRole("row", { name: /connections/ });
    expect(await figures.getByRole("cell").allTextContents()).toEqual(["1", expect.any(String), "1"]);
    expect(await page.getByTestId("chart-memory").getByRole("cell").nth(1).textContent()).toMatch(/MB/);
  });

  it("tells of alerts on every part, until somebody has seen them", async () => {
    workbench.realtime.admin.alert({ severity: "warning", title: "Disk nearly full", body: "5 % left <b>now</b>." });
    const banner = page.getByTestId("admin-alert");
    await banner.waitFor();
    expect(await banner.textContent()).toContain("5 % left <b>now</b>.");
    await goToPanel(page, "Health");
    await banner.getByRole("button", { name: "Dismiss" }).click();
    await goToPanel(page, "Overview");
    expect(await banner.count()).toBe(0);
    expect(await page.getByTestId("admin-alerts").textContent()).toContain("Disk nearly full");
  });
});

describe("connections", () => {
  it("are searched, sorted by the server, and keep up by themselves", async () => {
    await goToPanel(page, "Connections");
    await enter("Zoe");
    await enter("Anton");
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
    await goToPanel(page, "Connections");
    const { client } = await enter("Noisy Neighbour");
    await act(connectionOf("Noisy Neighbour"), "disconnect-user");
    await page.getByTestId("confirm-dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("confirm-dialog").waitFor({ state: "detached" });
    expect(client.socket.connected).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("connection-details");
    await act(connectionOf("Noisy Neighbour"), "disconnect-user");
    await answer("too loud today");
    await client.disconnected();
    expect(await done()).toBe("Closed 1 connection of Noisy Neighbour.");
    await connectionOf("Noisy Neighbour").waitFor({ state: "detached", timeout: 5000 });
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
    await expectAudited("too loud today");
  });

  it("end with the session that is revoked", async () => {
    await goToPanel(page, "Connections");
    const { person, client } = await enter("Lost Laptop");
    await act(connectionOf("Lost Laptop"), "revoke-session");
    await answer("reported as stolen");
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
    expect(await knock(person)).toMatch(/^session_/);
    await expectAudited("reported as stolen");
  });

  it("are refused to whoever is blocked, until the block is lifted", async () => {
    await goToPanel(page, "Connections");
    const { person, client } = await enter("Mallory");
    await act(connectionOf("Mallory"), "add-block");
    const dialog = page.getByTestId("confirm-dialog");
    await dialog.locator("[name=reason]").fill("   ");
    await page.keyboard.press("Enter");
    await dialog.getByText("Please give a reason.").waitFor();
    expect(client.socket.connected).toBe(true);
    await dialog.locator("[name=reason]").fill("");
    await answer("spams everybody", "5 minutes");
    await client.disconnected();
    expect(await knock(person)).toBe("blocked");

    await goToPanel(page, "Blocks");
    const block = page.locator(`[data-block-id="${person.userId}"]`);
    await expect.poll(() => block.textContent()).toMatch(/Mallory.*banned.*Administrator.*spams everybody/);
    await block.getByTestId("lift-block").focus();
    await page.keyboard.press("Enter");
    await answer("has apologized");
    await block.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
    const again = await connectClient(workbench.url, { cookie: person.cookie });
    again.close();
    await expectAudited("has apologized");
  });
});

describe("tasks", () => {
  it("are shown in progress, searched, and cancelled after a question", async () => {
    const { person } = await enter("Ada Lovelace");
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
    await answer("needs the machine");
    await page.locator("[data-testid=admin-task][data-status=cancelled]").waitFor();
    await expectAudited("needs the machine");
  });
});

describe("the security log", () => {
  it("is filtered by type, severity, user, address and text, and folds what is repeated", async () => {
    const { person, client } = await enter("Curious");
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

  it("leads from a line to what can be done: disconnect, block user or address, lift", async () => {
    const { person, client } = await enter("Offender");
    await client.request("join_room", { room_id: "secret" });
    await goToPanel(page, "Connections");
    await goToPanel(page, "Security log");
    const line = lines().filter({ hasText: "Offender" });
    await act(line, "disconnect-user");
    await answer("first warning");
    await client.disconnected();
    await act(line, "block-user");
    await answer("second warning", "1 hour");
    expect(await knock(person)).toBe("blocked");
    await act(line, "lift-user");
    await answer("enough");
    await act(line, "block-address");
    await answer("all of them", "1 day");
    expect(await done()).toMatch(/^Blocked guests at 127\.0\.0\.1 until/);
    await act(line, "lift-address");
    await answer("not all of them");
    expect(await done()).toBe("Lifted the block of guests at 127.0.0.1.");
  });
});

describe("blocks", () => {
  it("are made for whoever is in no list", async () => {
    const person = await signUp(workbench.url, "Absent");
    await goToPanel(page, "Blocks");
    await page.getByLabel("User id").fill(person.userId);
    await page.keyboard.press("Enter");
    await answer("known from elsewhere", "1 week");
    await page.locator(`[data-block-id="${person.userId}"]`).waitFor();
    expect(await knock(person)).toBe("blocked");
  });

  it("refuses in a sentence what the server refuses", async () => {
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

it("rooms are searched, and say who is in them", async () => {
  await enter("Roommate");
  await goToPanel(page, "Rooms");
  await page.getByLabel("Search").fill("user_general");
  await expect.poll(() => page.locator("[data-room]").count()).toBe(1);
  await page.getByTestId("room-members").click();
  await page.getByTestId("admin-room-members").getByText("Roommate").waitFor();
  await page.getByLabel("Search").fill("no such room");
  await page.getByText("No room matches.").waitFor();
});

describe("notices", () => {
  it("are shown as people will see them, checked at their fields, and arrive at who they are for", async () => {
    const { person, client } = await enter("Reader");
    await goToPanel(page, "Notices");
    const form = page.getByTestId("notice-form");
    await form.locator("[name=audience]").selectOption("user");
    await form.locator("[name=userId]").fill(person.userId);
    await form.locator(`option[value="${person.userId}"]`).waitFor({ state: "attached" });
    await form.locator("[name=title]").fill("<b>Maintenance</b>");
    await form.locator("[name=body]").fill("At noon.\n<script>alert(1)</script>");
    await form.locator("[name=link]").fill("javascript:alert(1)");
    const preview = page.getByTestId("notice-preview");
    expect(await preview.textContent()).toContain("<b>Maintenance</b>");
    expect(await preview.locator("b, script, a").count()).toBe(0);
    await page.keyboard.press("Enter");
    await page.getByTestId("problem-link").waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("link");

    await form.locator("[name=link]").fill("https://status.example.com/");
    await page.keyboard.press("Enter");
    const dialog = page.getByTestId("confirm-dialog");
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain("Send to Reader?");
    await dialog.getByTestId("confirm-accept").focus();
    await page.keyboard.press("Enter");
    expect(await client.next("notification")).toMatchObject({
      ...{ title: "<b>Maintenance</b>", body: "At noon.\n<script>alert(1)</script>" },
      link: "https://status.example.com/",
    });
    expect(await page.getByTestId("sent-notices").textContent()).toContain("“<b>Maintenance</b>” to Reader");
    expect(await form.locator("[name=title]").inputValue()).toBe("");
  });
});

it("health names what the server depends on, in words and signs", async () => {
  await goToPanel(page, "Health");
  expect(await page.getByTestId("health-status").textContent()).toContain("in order");
  for (const name of ["store", "sessions"]) {
    expect(await page.locator(`[data-dependency=${name}]`).textContent()).toContain("✓ in order");
  }
});

it("settings say what is in force and where it came from, and hide secrets", async () => {
  await goToPanel(page, "Settings");
  const setting = (name: string) => page.locator(`[data-setting=${name}]`);
  expect(await setting("SIGNALBOX_SECRET").textContent()).toContain("hidden");
  expect(await setting("PORT").textContent()).toContain(workbench.environment.PORT);
  await page.getByTestId("only-changed").check();
  expect(await setting("SOCKETIO_PATH").count()).toBe(0);
  expect(await setting("PORT").count()).toBe(1);
  await page.getByLabel("Search").fill("listen on");
  await expect.poll(() => page.locator("[data-setting]").count()).toBe(2);
});

it("origins are explained: the verdict, the rule, and what would be allowed", async () => {
  await goToPanel(page, "Origins");
  const verdict = page.getByTestId("origin-verdict");
  await page.getByLabel("Origin").fill("https://evil.example");
  await page.keyboard.press("Enter");
  await verdict.waitFor();
  expect(await verdict.textContent()).toMatch(/https:\/\/evil\.example is refused.*SOCKETIO_CORS_ORIGINS/);
  await page.getByLabel("Origin").fill(workbench.url);
  await page.keyboard.press("Enter");
  await expect.poll(() => verdict.getAttribute("data-allowed")).toBe("true");
  expect(complaints).toEqual([]);
});

it("who is no administrator sees nothing of it, and downloads nothing of it", async () => {
  const person = await signUp(workbench.url, "Nosy");
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const [name = "", value = ""] = person.cookie.split(/=(.*)/s);
  await context.addCookies([{ name, value, url: workbench.url }]);
  const theirs = await context.newPage();
  const requested: string[] = [];
  theirs.on("request", (request) => requested.push(request.url()));
  for (const path of ["/admin", "/admin/connections", "/admin/security", "/admin/settings"]) {
    await theirs.goto(workbench.url + path);
    await theirs.getByTestId("admin-denied").waitFor();
    expect(await theirs.getByRole("navigation", { name: "Administration" }).count()).toBe(0);
  }
  expect(requested.filter((url) => url.includes("dashboard"))).toEqual([]);
  await theirs.goto(`${workbench.url}/admin/no-such-part`);
  await theirs.getByText("There is nothing at this address.").waitFor();
});
