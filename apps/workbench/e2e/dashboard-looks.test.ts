/** The dashboard as people meet it: in light and dark, on a phone, read aloud; with the pictures of the documentation. */
import { connectClient, type TestClient } from "@signalbox/server/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { administrator, makeImage, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { goToPanel, openDashboard, picture, sidewaysScroll, takesPictures, violationsOn } from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;
let page: Page;
const clients: TestClient[] = [];

beforeAll(async () => {
  workbench = await runWorkbench({ SIGNALBOX_ADMIN_METRICS_INTERVAL: "1", SIGNALBOX_SECURITY_FOLD: "1" });
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await openDashboard(page, workbench.url, administrator);
  for (const [index, name] of ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Mary Somerville"].entries()) {
    const { cookie, start } = await signUp(workbench.url, name);
    for (const transport of ["websocket", "polling"] as const) {
      const client = await connectClient(workbench.url, { cookie, transport });
      clients.push(client);
      if (index < 2) await client.request("join_room", { room_id: "board" });
    }
    await start({ steps: 2000, step_ms: 200 });
    await start([await makeImage("holiday.png", 64, 48)]);
  }
  for (let count = 0; count < 5; count += 1) {
    await fetch(`${workbench.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
  }
  workbench.realtime.admin.alert({ severity: "warning", title: "The disk is nearly full.", body: "5 % are left." });
  await page.getByTestId("admin-alert").getByRole("button", { name: "Dismiss" }).click();
  if (takesPictures) await keepBusy(200);
}, 300_000);
afterAll(async () => {
  for (const client of clients) client.close();
  await browser?.close();
  await workbench?.remove();
});

/** For the pictures, so that the charts have something to show. */
async function keepBusy(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    const requests = Math.round(6 + 5 * Math.sin(second / 12));
    for (const client of clients) {
      for (let count = 0; count < requests; count += 1) void client.request("check_connection");
    }
    if (second % 45 < 4) void clients[0]?.request("join_room", { room_id: "secret" });
    if (second % 60 < 2) void clients[4]?.request("get_task_status", { task_id: "none" });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const parts = [
  ["Overview", () => page.getByTestId("admin-metrics").getByText(/ms/)],
  ["Connections", () => page.getByTestId("connection").first()],
  ["Tasks", () => page.getByTestId("admin-task").first()],
  ["Security log", () => page.getByTestId("security-event").first()],
  ["Blocks", () => page.getByText("No active blocks. ")],
  ["Rooms", () => page.locator("[data-room]").first()],
  ["Notices", () => page.getByTestId("notice-form")],
  ["Health", () => page.getByTestId("health-status")],
  ["Settings", () => page.locator("[data-setting]").first()],
  ["Origins", () => page.getByTestId("origin-form")],
] as const;

describe.each([
  ["light", "light", 1280],
  ["dark", "dark", 1280],
  ["phone", "light", 390],
] as const)("in %s", (look, colorScheme, width) => {
  it.each(parts)("%s is whole: nothing for axe-core to find, and no scrolling sideways", async (title, isThere) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    await goToPanel(page, title);
    await isThere().waitFor();
    // Colours that are still changing have a contrast of their own.
    await expect.poll(() => violationsOn(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    const name = { Overview: "overview", Connections: "connections", "Security log": "security" }[title as string];
    if (name) await picture(page, `admin-${name}-${look}`, { fullPage: look === "phone" });
  });
});

it("the links of the dashboard are one row on a phone, with the current one in view", async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  for (const title of ["Origins", "Overview"]) {
    await goToPanel(page, title);
    const links = page.getByRole("navigation", { name: "Administration" }).getByRole("link");
    const boxes = await links.evaluateAll((all) => all.map((link) => link.getBoundingClientRect().toJSON() as DOMRect));
    expect(new Set(boxes.map(({ top }) => top)).size).toBe(1);
    const current = await page
      .getByRole("navigation", { name: "Administration" })
      .locator("[aria-current]")
      .evaluate((link) => link.getBoundingClientRect().toJSON() as DOMRect);
    expect(current.left).toBeGreaterThanOrEqual(0);
    expect(current.right).toBeLessThanOrEqual(390);
  }
});

it("dialogs have no finding of axe-core and no scrolling sideways", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await goToPanel(page, "Connections");
    await page.getByTestId("connection-details").first().click();
    await expect.poll(() => violationsOn(page)).toEqual([]);
    await page.getByTestId("disconnect-user").click();
    await expect.poll(() => violationsOn(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await page.keyboard.press("Escape");
  }
});

it("a list that is a grid for the eye is a table for those who listen", async () => {
  const session = await page.context().newCDPSession(page);
  await page.setViewportSize({ width: 1280, height: 900 });
  await goToPanel(page, "Connections");
  await page.getByTestId("connection").first().waitFor();
  const rolesAt = async () => {
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    return new Set(nodes.filter(({ ignored }) => !ignored).map(({ role }) => String(role?.value)));
  };
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const roles = await rolesAt();
    for (const role of ["table", "row", "rowheader", "cell"]) expect(roles, `${role} at ${width}`).toContain(role);
  }
});

it("where less motion is wished for, nothing moves", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await goToPanel(page, "Tasks");
  await page.getByTestId("admin-task").first().waitFor();
  const moving = await page.evaluate(
    () => document.getAnimations().filter(({ playState }) => playState === "running").length,
  );
  expect(moving).toBe(0);
});
