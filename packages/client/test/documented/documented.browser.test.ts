/**
 * The code that pages quote for browsers, in a browser that has nothing newer than docs/client.md promises: an
 * administrator uses all of it on one page.
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import type { Notification, TaskSnapshot } from "@signalbox/protocol";
import { createRealtime, loadConfig, type Realtime } from "@signalbox/server";
import { createTestSessions } from "@signalbox/server/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../../../../scripts/services/chromium.ts";
import { listen } from "../browser/site.ts";
import { bundlePage } from "../support/bundle-page.ts";
import { newerApis, removeApis } from "../support/newer-apis.ts";

const document = `<!doctype html><html lang="en"><title>Documented</title><link rel="icon" href="data:,">
<connection-status></connection-status><script type="module" src="/page.js"></script></html>`;

let browser: Browser;
let page: Page;
let realtime: Realtime;
let close: () => Promise<void>;
const errors: string[] = [];

beforeAll(async () => {
  const [launched, script] = await Promise.all([
    launchChromium(),
    bundlePage(fileURLToPath(new URL("page-main.ts", import.meta.url))),
  ]);
  browser = launched;
  const httpServer = createServer(({ url }, response) => {
    const isScript = url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : document);
  });
  const port = await listen(httpServer);
  const { config } = loadConfig({
    ...{ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), SOCKETIO_LOG_LEVEL: "silent" },
    SIGNALBOX_ADMIN_METRICS_INTERVAL: "1",
  });
  const sessions = createTestSessions();
  realtime = createRealtime({
    ...{ httpServer, config, sessions },
    tasks: { cancel: (task) => void realtime.progress.cancelled(task.task_id) },
  });
  close = async () => {
    await browser.close();
    await realtime.close();
    httpServer.close();
  };
  const url = `http://127.0.0.1:${port}`;
  const context = await browser.newContext();
  const [name = "", value = ""] = sessions.signIn({ userId: "ada", role: "admin" }).cookie.split("=");
  await context.addCookies([{ name, value, url, httpOnly: true, sameSite: "Lax" }]);
  await context.addInitScript(removeApis, newerApis);
  page = await context.newPage();
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(url);
});
afterAll(() => close());

const shown = (what: string): Promise<unknown[]> => page.evaluate((name) => window.documented.shown[name] ?? [], what);
const eventually = { interval: 20 };

it("the status line says that all is well", async () => {
  await page.locator("connection-status").getByText("Connected", { exact: true }).waitFor();
});

it("a task is followed to its end by both pages, and cancelled by one", async () => {
  const { task_id } = await realtime.progress.create({ kind: "t", title: "Import", owner_id: "ada" });
  await page.evaluate((id) => {
    Object.assign(window, { loops: [window.documented.readme.follow(id), window.documented.client.follow(id)] });
  }, task_id);
  await realtime.progress.report(task_id, { status: "running", percent: 40 });
  const seen = async () => ((await shown("task")) as [TaskSnapshot | null][]).map(([task]) => task?.percent ?? null);
  await expect.poll(seen, eventually).toContain(40);
  await realtime.progress.complete(task_id);
  await page.evaluate(() => Promise.all((window as unknown as { loops: Promise<void>[] }).loops));
  expect((await seen()).filter((percent) => percent === 100)).toHaveLength(1);
  expect(await page.title()).toBe("Import: 100 %");
  await expect.poll(() => shown("toast"), eventually).toContain("Import is done.");

  const second = await realtime.progress.create({ kind: "t", title: "Export", owner_id: "ada" });
  await page.evaluate((id) => window.documented.client.cancel(id), second.task_id);
  await expect.poll(() => realtime.progress.peek(second.task_id)?.status, eventually).toBe("cancelled");
});

it("a notification is shown as a toast, counted on the bell, and marked as read", async () => {
  await realtime.notify.user("ada", { type: "t", title: "Ready" });
  await expect.poll(() => shown("toast"), eventually).toContain("Ready");
  const unread = async () => ((await shown("bell")) as [string, number][]).at(-1)?.[1];
  await expect.poll(unread, eventually).toBe(1);
  const [, , [newest]] = (await shown("bell")).at(-1) as [string, number, [Notification]];
  await page.evaluate((read) => window.documented.notifications.read(read), newest);
  await expect.poll(unread, eventually).toBe(0);
});

it("the dashboard receives its lists and its frames, and can block a user", async () => {
  await expect.poll(() => shown("list"), eventually).toHaveLength(1);
  const [[history, connections, total]] = (await shown("list")) as [[{ at: number[] }, object[], number]];
  expect({ at: history.at, rows: connections.length }).toEqual({ at: expect.any(Array), rows: total });
  await expect.poll(async () => (await shown("frame")).length, eventually).toBeGreaterThan(0);
  await page.evaluate(() => window.documented.dashboard.keepOut("mallory"));
});

it("the page has needed nothing that the oldest promised browsers lack", async () => {
  const lacks = (names: readonly string[]) => names.map((name) => name in URL || name in Set.prototype);
  expect(await page.evaluate(lacks, ["parse", "union"])).toEqual([false, false]);
  expect(errors).toEqual([]);
});
