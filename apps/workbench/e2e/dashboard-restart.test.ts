/** The dashboard while its server is restarted: it keeps what it shows, says how old that is, and recovers by itself. */
import { connectClient } from "@signalbox/server/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { startWorkbench, type Workbench } from "../server/create-workbench.ts";
import { administrator, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { goToPanel, openDashboard } from "./browser.ts";

let workbench: RunningWorkbench;
let restarted: Workbench | undefined;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  workbench = await runWorkbench({ SIGNALBOX_ADMIN_METRICS_INTERVAL: "1", SIGNALBOX_SECURITY_FOLD: "1" });
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  await openDashboard(page, workbench.url, administrator);
});
afterAll(async () => {
  await browser?.close();
  await restarted?.close();
  await workbench?.remove();
});

const feed = (state: string) => page.locator(`[data-testid=admin-feed][data-state=${state}]`);
const refuse = (origin: string) => fetch(`${workbench.url}/realtime/client-config`, { headers: { origin } });

async function openTab(path: string): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(workbench.url + path);
  return tab;
}

it("survives a restart of the server: its age is counted, then it is live again, and nothing is lost or there twice", async () => {
  const ada = await signUp(workbench.url, "Ada");
  await ada.start({ steps: 2, step_ms: 5 });
  await refuse("https://before.example");
  const tasks = await openTab("/admin/tasks");
  await tasks.getByTestId("admin-task").waitFor();
  const overview = await openTab("/admin");
  const figure = async (column: number) =>
    Number(await overview.getByTestId("chart-connections").getByRole("cell").nth(column).textContent());
  const clients = await Promise.all(Array.from({ length: 4 }, () => connectClient(workbench.url, ada)));
  await expect.poll(() => figure(3)).toBeGreaterThan(4);
  await goToPanel(page, "Security log");
  await page.getByTestId("security-event").filter({ hasText: "before.example" }).waitFor();

  await workbench.close();
  for (const client of clients) client.close();
  await feed("stale").waitFor();
  const age = page.getByTestId("admin-age");
  expect(await age.textContent()).toMatch(/^as of \d+:\d\d:\d\d.*, \d+ s ago$/);
  const seconds = async () => Number(await age.getAttribute("data-seconds"));
  await expect.poll(seconds).toBeGreaterThan(2);
  await page.getByTestId("security-event").filter({ hasText: "before.example" }).waitFor();
  await tasks.getByTestId("admin-task").waitFor();
  // A part that is opened now says what it waits for.
  await goToPanel(page, "Rooms");
  await page.getByText("The server is not connected. You will see the rooms as soon as it is.").waitFor();
  await goToPanel(page, "Security log");

  restarted = await startWorkbench(workbench.environment);
  await refuse("https://after.example");
  await feed("live").waitFor();
  expect(await age.count()).toBe(0);
  for (const origin of ["before.example", "after.example"]) {
    await page.getByTestId("security-event").filter({ hasText: origin }).waitFor();
    expect(await page.getByTestId("security-event").filter({ hasText: origin }).count()).toBe(1);
  }
  await tasks.locator("[data-testid=admin-feed][data-state=live]").waitFor();
  await ada.start({ steps: 2, step_ms: 5 });
  await expect.poll(() => tasks.getByTestId("admin-task").count()).toBe(2);
  // The new process remembers nothing of those that were connected: what was here stays beside its own memory.
  await expect.poll(() => figure(1)).toBe(1);
  expect(await figure(3)).toBeGreaterThan(4);
});
