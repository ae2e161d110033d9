/** Ten thousand connections in the list: only what is in view is in the page, and is asked for. */
import type { ConnectionListRequest, ConnectionRow } from "@signalbox/protocol";
import { connectClient } from "@signalbox/server/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { administrator, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { answerInstead, collectComplaints, goToPanel, openDashboard } from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;

beforeAll(async () => {
  workbench = await runWorkbench({
    SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000",
    SIGNALBOX_CONNECT_RATE_PER_USER: "100000",
    SIGNALBOX_MAX_CONNECTIONS_PER_ADDRESS: "1000",
    SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1000",
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await workbench?.remove();
});

async function openPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  onTestFinished(() => context.close());
  return context.newPage();
}

const total = 10_000;

const rowAt = (index: number): ConnectionRow => ({
  socket_id: `socket-${index}`,
  user_id: `user-${index}`,
  username: `User ${index}`,
  connected_at: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
  ...{ namespace: "/", role: "user", session_ref: null, ip: "203.0.113.7", transport: "websocket" },
  ...{ round_trip_ms: index % 200, rooms: [], buffered_bytes: 0, slow: false },
});

/**
 * Stands in for a server with ten thousand connections.
 * @returns the requests that were answered
 */
async function pretendMany(page: Page): Promise<ConnectionListRequest[]> {
  const requests: ConnectionListRequest[] = [];
  await answerInstead<ConnectionListRequest>(page, "list_connections", (request) => {
    requests.push(request);
    const { offset = 0, limit = 100 } = request;
    const rows = Array.from({ length: Math.min(limit, total - offset) }, (_, index) => rowAt(offset + index));
    return { ok: true, rows, next: null, total };
  });
  return requests;
}

const rowsOf = (page: Page) => page.getByTestId("connection");
const table = (page: Page) => page.getByTestId("admin-connections");

it("ten thousand rows scroll smoothly, by keyboard too, with few of them in the page and few questions", async () => {
  const page = await openPage();
  const complaints = collectComplaints(page);
  const requests = await pretendMany(page);
  await openDashboard(page, workbench.url, administrator);
  await goToPanel(page, "Connections");
  await rowsOf(page).first().waitFor();
  expect(await table(page).getAttribute("aria-rowcount")).toBe(String(total + 1));

  const frame = page.locator(".table-frame");
  requests.length = 0;
  const devTools = await page.context().newCDPSession(page);
  await devTools.send("Performance.enable", { timeDomain: "threadTicks" });
  const workedMs = async (): Promise<number> => {
    const { metrics } = await devTools.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
  // The scroll bar is dragged from end to end: each frame a step. What the page works for it is counted, not the time
  // that it waits for a core.
  const before = await workedMs();
  const startedAt = performance.now();
  await frame.evaluate(async (element) => {
    for (let step = 0; step <= 100; step += 1) {
      element.scrollTop = (element.scrollHeight * step) / 100;
      await new Promise(requestAnimationFrame);
    }
  });
  const workPerFrame = ((await workedMs()) - before) / 101;
  await rowsOf(page).filter({ hasText: "User 9999" }).waitFor();
  const paces = Math.ceil((performance.now() - startedAt) / 150);
  expect(workPerFrame, "milliseconds").toBeLessThan(50);
  expect(await page.locator("tr[data-index]").count()).toBeLessThan(60);
  expect(requests.length, "one question in 150 ms").toBeLessThanOrEqual(paces + 1);
  expect(Math.max(...requests.map(({ limit = 100 }) => limit))).toBeLessThanOrEqual(500);

  await frame.focus();
  await page.keyboard.press("Home");
  await rowsOf(page).filter({ hasText: "User 0" }).first().waitFor();
  for (let count = 0; count < 3; count += 1) await page.keyboard.press("PageDown");
  await expect.poll(() => frame.evaluate((element) => element.scrollTop)).toBeGreaterThan(1000);
  const places = await page
    .locator("tr[data-testid=connection]")
    .evaluateAll((rows) =>
      rows.map((row) => [row.getAttribute("aria-rowindex"), row.querySelector("th")?.textContent]),
    );
  expect(places.length).toBeGreaterThan(10);
  for (const [place, name] of places) expect(name).toBe(`User ${Number(place) - 2}`);
  expect(complaints).toEqual([]);
});

it("a row with the focus stays in the page, however far one scrolls", async () => {
  const page = await openPage();
  await pretendMany(page);
  await openDashboard(page, workbench.url, administrator);
  await goToPanel(page, "Connections");
  await rowsOf(page).nth(2).getByRole("button").focus();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  expect(await focused()).toBe("Details and actions, User 2 on /");
  await page.locator(".table-frame").evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  await rowsOf(page).filter({ hasText: "User 5000" }).waitFor();
  expect(await focused()).toBe("Details and actions, User 2 on /");
});

it("the list reads a real server's pages while scrolling, in the server's order, with every connection once", async () => {
  const people = await Promise.all(
    Array.from({ length: 6 }, (_, index) => signUp(workbench.url, `Person ${String.fromCharCode(65 + index)}`)),
  );
  const clients = await Promise.all(
    people.flatMap(({ cookie }) => Array.from({ length: 50 }, () => connectClient(workbench.url, { cookie }))),
  );
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  const page = await openPage();
  await openDashboard(page, workbench.url, administrator);
  await goToPanel(page, "Connections");
  await page.getByLabel("Search").fill("person");
  await page.getByRole("button", { name: "User", exact: true }).click();
  await expect.poll(() => table(page).getAttribute("aria-rowcount")).toBe("301");

  const frame = page.locator(".table-frame");
  const seen = new Map<string, string>();
  for (let top = 0; seen.size < 300 && top < 300 * 60; top += 400) {
    await frame.evaluate(async (element, value) => {
      element.scrollTo(0, value);
      // Once for the event, once for what is drawn after it.
      for (let count = 0; count < 2; count += 1) await new Promise(requestAnimationFrame);
    }, top);
    await expect.poll(() => page.locator("tr.missing").count()).toBe(0);
    const rows = await rowsOf(page).evaluateAll((all) =>
      all.map((row) => [row.getAttribute("aria-rowindex") ?? "", row.querySelector("th")?.textContent ?? ""] as const),
    );
    for (const [place, name] of rows) seen.set(place, name);
  }
  expect(seen.size).toBe(300);
  const names = Array.from({ length: 300 }, (_, index) => seen.get(String(index + 2)));
  expect(names).toEqual([...names].sort());
  for (const letter of "ABCDEF") expect(names.filter((name) => name === `Person ${letter}`)).toHaveLength(50);
});
