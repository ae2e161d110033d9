/** Sharing between real tabs, with the locks, channels, crashes and caches of a real Chromium. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { watchStalls } from "@signalbox/server/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchWholeChromium } from "../../../../scripts/services/chromium.ts";
import { launchPlainChromium } from "../browser/plain-chromium.ts";
import { bundlePage } from "../support/bundle-page.ts";
import type { SharingPage } from "./page.ts";

const takeoverMs = 2000;

let browser: Browser;
let server: Server;
let url: string;
let context: BrowserContext;
const complaints: string[] = [];

const bundle = (): Promise<string> => bundlePage(fileURLToPath(new URL("page.ts", import.meta.url)));

beforeAll(async () => {
  const script = await bundle();
  server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    // A page of an opaque origin may load no module of ours unless the server allows it.
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.end(
      isScript
        ? script
        : '<!doctype html><title>Tab</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchWholeChromium();
});

afterEach(async () => {
  for (const page of context.pages()) await page.close();
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Calls a function on what a tab shows. */
async function inside<Result>(page: Page, run: (sharing: SharingPage) => Result): Promise<Result> {
  const handle = await page.evaluateHandle(() => window.sharing);
  return handle.evaluate(run as (sharing: unknown) => Result);
}

/** Polled from outside: pages in the background have no frames to wait for. */
async function until(page: Page, holds: (sharing: SharingPage) => boolean): Promise<void> {
  await expect.poll(() => inside(page, holds), { timeout: 20_000, interval: 50 }).toBe(true);
}

async function openTab(group = "ada"): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${url}/?group=${group}`);
  return page;
}

const isConnected = (page: Page): Promise<void> =>
  until(page, ({ link }) => link.namespaceState("/").status === "open" && link.state.get().status === "connected");

const leads = (page: Page): Promise<boolean> => inside(page, (sharing) => sharing.leads());

/** Three tabs of one browser, all connected, and first the one that leads: the first to be opened, unless it stalled. */
async function openThree(inContext?: BrowserContext): Promise<[leader: Page, second: Page, third: Page]> {
  context = inContext ?? (await browser.newContext());
  const tabs: [Page, Page, Page] = [await openTab(), await openTab(), await openTab()];
  for (const tab of tabs) await isConnected(tab);
  const leading = await Promise.all(tabs.map(leads));
  expect(leading.filter(Boolean), "exactly one leads").toHaveLength(1);
  const [leader = tabs[0]] = tabs.splice(leading.indexOf(true), 1);
  return [leader, ...(tabs as Page[] as [Page, Page])];
}

/** The renderer dies on the spot; the answer to the command never comes. */
async function crash(page: Page): Promise<void> {
  const devTools = await context.newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  devTools.send("Page.crash").catch(() => {});
  await crashed;
}

/** Waits until tabs are connected over a new leader; returns when the last of them was, in milliseconds after `since`. */
async function takeover(tabs: readonly Page[], since: number): Promise<number> {
  const ends = tabs.map(async (page) => {
    await until(page, ({ changes }) => changes.filter(({ status }) => status === "open").length === 2);
    await isConnected(page);
    return inside(page, ({ changes }) => changes.at(-1)?.at ?? Number.NaN);
  });
  const last = Math.max(...(await Promise.all(ends)));
  expect((await Promise.all(tabs.map(leads))).filter(Boolean), "exactly one leads").toHaveLength(1);
  return last - since;
}

describe("three tabs of one browser", () => {
  test("share one connection, and what it brings", async () => {
    const [leader, second, third] = await openThree();
    await inside(leader, (sharing) => sharing.opened[0]?.emit("/", "progress_update", { task_id: "t1" }));
    for (const tab of [leader, second, third]) {
      await until(tab, (sharing) => sharing.events.length > 0);
      expect(await inside(tab, (sharing) => sharing.events)).toEqual(["/ progress_update"]);
      expect(await inside(tab, (sharing) => sharing.problems)).toEqual([]);
    }
    await inside(third, (sharing) => sharing.ask("mine", "cancel_task", { task_id: "t1" }, false));
    await until(third, (sharing) => sharing.outcomes.mine !== "pending");
    expect(await inside(third, (sharing) => sharing.outcomes.mine)).toEqual({ event: "cancel_task" });
    expect(await inside(leader, (sharing) => sharing.opened[0]?.requests.length)).toBe(1);
  });

  test.each(["closed", "crashed"] as const)("have a new leader within 2 s when theirs is %s", async (end) => {
    const [leader, second, third] = await openThree();
    await inside(leader, (sharing) => {
      sharing.answering = false;
    });
    await inside(third, (sharing) => {
      sharing.ask("again", "get_task_status", { task_id: "t1" }, true);
      sharing.ask("once", "cancel_task", { task_id: "t1" }, false);
    });
    await until(leader, (sharing) => sharing.opened[0]?.requests.length === 2);

    const since = Date.now();
    const stalled = watchStalls();
    if (end === "closed") await leader.close();
    else await crash(leader);
    const tookMs = await takeover([second, third], since);
    expect(tookMs - stalled()).toBeLessThan(takeoverMs);

    await until(third, (sharing) => Object.values(sharing.outcomes).every((outcome) => outcome !== "pending"));
    expect(await inside(third, (sharing) => sharing.outcomes)).toEqual({
      again: { event: "get_task_status" },
      once: "connection_lost",
    });
    for (const tab of [second, third]) {
      expect((await inside(tab, (sharing) => sharing.changes)).map(({ status }) => status)).toEqual([
        ...["opening", "open", "closed", "opening", "open"],
      ]);
      const statuses = await inside(tab, (sharing) => sharing.statuses);
      expect(statuses.slice(statuses.indexOf("connected"))).toEqual(["connected", "reconnecting", "connected"]);
    }
  });

  test("clean up after one whose renderer crashed", async () => {
    const [leader, second, third] = await openThree();
    await inside(second, (sharing) => {
      sharing.link.open("/admin");
      sharing.ask("mine", "join_task", { task_id: "mine" }, true);
      sharing.ask("ours", "join_task", { task_id: "ours" }, true);
    });
    await inside(third, (sharing) => sharing.ask("ours", "join_task", { task_id: "ours" }, true));
    await until(leader, (sharing) => sharing.opened[0]?.joined.size === 2);
    await until(third, (sharing) => sharing.outcomes.ours !== "pending");

    const since = Date.now();
    const stalled = watchStalls();
    await crash(second);
    await until(leader, (sharing) => sharing.opened[0]?.joined.size === 1);
    expect(Date.now() - since - stalled()).toBeLessThan(takeoverMs);
    await until(leader, (sharing) => sharing.opened[0]?.log.includes("leave /admin") === true);
    expect(await inside(leader, (sharing) => [...(sharing.opened[0]?.joined ?? [])])).toEqual(["ours"]);
    expect(await inside(leader, (sharing) => sharing.opened[0]?.log)).not.toContain("leave /");
    expect(await inside(third, (sharing) => sharing.changes.length)).toBe(2);
  });
});

describe("a page that the browser puts away", () => {
  test("hands over when it is stored, and is one of the others when it comes back", async () => {
    const [leader, second, third] = await openThree();
    const since = Date.now();
    const stalled = watchStalls();
    await leader.goto(`${url}/elsewhere`);
    expect((await takeover([second, third], since)) - stalled()).toBeLessThan(takeoverMs);

    await leader.goBack({ waitUntil: "commit" });
    await until(leader, (sharing) => sharing.restored === 1);
    await isConnected(leader);
    expect(await Promise.all([leader, second, third].map(leads))).toEqual([false, true, false]);
    expect(await inside(leader, (sharing) => sharing.changes.map(({ status }) => status))).toEqual([
      ...["opening", "open", "closed", "opening", "open"],
    ]);
  });

  test("hands over when it is frozen, and comes back when it is resumed", async () => {
    const plain = await launchPlainChromium();
    onTestFinished(() => plain.close());
    const [leader, second, third] = await openThree(plain.browser.contexts()[0]);
    const devTools = await context.newCDPSession(leader);
    const since = Date.now();
    const stalled = watchStalls();
    await devTools.send("Page.setWebLifecycleState", { state: "frozen" });
    expect((await takeover([second, third], since)) - stalled()).toBeLessThan(takeoverMs);
    await devTools.send("Page.setWebLifecycleState", { state: "active" });
    await leader.bringToFront();
    await isConnected(leader);
    expect(await Promise.all([leader, second, third].map(leads))).toEqual([false, true, false]);
  });
});

test("a sandboxed page shares nothing, because its origin is opaque", async () => {
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  expect(await page.evaluate(() => window.canShare)).toBe(true);
  await page.setContent(`<iframe sandbox="allow-scripts" src="${url}"></iframe>`);
  const frame = page.frames().find((frame) => frame !== page.mainFrame());
  await frame?.waitForFunction(() => window.canShare !== undefined);
  expect(await frame?.evaluate(() => window.canShare)).toBe(false);
});
