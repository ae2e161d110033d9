/** The parts of the dashboard that only show data, the notices, and users who must not see any of it. */
import { connectClient } from "@signalbox/server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { administrator, signUp } from "../test/fixture.ts";
import { answerInstead, becomePerson, goToPanel, openDashboard } from "./browser.ts";
import { enter, enterBefore, useDashboard } from "./dashboard-steps.ts";

const dashboard = useDashboard({ SIGNALBOX_ADMIN_METRICS_INTERVAL: "1" });

describe("the overview", () => {
  it("shows the last hour as charts and in words, also what was before the page was opened", async () => {
    const { page, workbench } = dashboard();
    for (const name of ["connections", "traffic", "refusals", "lag", "cpu", "memory"]) {
      await page.getByTestId(`chart-${name}`).locator("canvas").waitFor();
    }
    const chart = page
      .getByTestId("chart-connections")
      .getByRole("row", { name: /connections/ })
      .getByRole("cell");
    const figures = async () => (await chart.allTextContents()).map(Number);
    const { cookie } = await signUp(workbench.url);
    const clients = await Promise.all(Array.from({ length: 4 }, () => connectClient(workbench.url, { cookie })));
    await expect.poll(figures).toEqual([5, expect.any(Number), 5]);
    for (const client of clients) client.close();
    await expect.poll(async () => (await figures())[0]).toBe(1);
    await page.reload();
    await chart.first().waitFor();
    expect((await figures())[2]).toBe(5);
    expect(await page.getByTestId("chart-memory").getByRole("cell").nth(1).textContent()).toMatch(/MB/);
  });

  it("shows alerts on every part until an administrator has seen them", async () => {
    const { workbench, page } = dashboard();
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

it("rooms are searched, and say who is in them", async () => {
  const { page } = dashboard();
  await enter(dashboard(), "Roommate");
  await goToPanel(page, "Rooms");
  await page.getByLabel("Search").fill("user_general");
  await expect.poll(() => page.locator("[data-room]").count()).toBe(1);
  await page.getByTestId("room-members").click();
  await page.getByTestId("admin-room-members").getByText("Roommate").waitFor();
  await page.getByLabel("Search").fill("no such room");
  await page.getByText("No room matches.").waitFor();
});

describe("notices", () => {
  it("are previewed as people will see them, checked at their fields, and delivered to their recipients", async () => {
    const { page } = dashboard();
    const { person, client } = await enterBefore(dashboard(), "Reader");
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
    await goToPanel(page, "Rooms");
    await goToPanel(page, "Notices");
    await form.locator("[name=link]").focus();
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
  const { page } = dashboard();
  await goToPanel(page, "Health");
  expect(await page.getByTestId("health-status").textContent()).toContain("healthy");
  for (const name of ["store", "sessions"]) {
    expect(await page.locator(`[data-dependency=${name}]`).textContent()).toContain("✓ healthy");
  }
});

it("settings say what is in force and where it came from, and hide secrets", async () => {
  const { workbench, page } = dashboard();
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
  const { workbench, page, complaints } = dashboard();
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

it("what could not be read is said in a sentence, and asked for again by a button", async () => {
  const { workbench, browser } = dashboard();
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  let refusals = 1;
  await answerInstead(page, "get_configuration", () => {
    if (refusals === 0) return undefined;
    refusals -= 1;
    const message = "A part of the service is not available right now. Please try again shortly.";
    return { ok: false, error: { code: "unavailable", category: "server", message } };
  });
  await openDashboard(page, workbench.url, administrator);
  await goToPanel(page, "Settings");
  const problem = page.getByTestId("problem");
  await problem.getByText("not available right now").waitFor();
  expect(await page.getByTestId("admin-loading").count()).toBe(0);
  await problem.getByRole("button", { name: "Try again" }).click();
  await page.locator("[data-setting=PORT]").waitFor();
  expect(await problem.count()).toBe(0);
});

it("a user who is no administrator sees nothing of the dashboard, and downloads nothing of it", async () => {
  const { workbench, browser } = dashboard();
  const person = await signUp(workbench.url, "Nosy");
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  await becomePerson(context, person, workbench.url);
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
