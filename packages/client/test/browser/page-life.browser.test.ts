import { watchStalls } from "@signalbox/server/testing";
import type { BrowserContext, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { launchPlainChromium } from "./plain-chromium.ts";
import { eventually, handshakesOf, over, type Tab, test, transports } from "./tab.ts";

let context: BrowserContext;
let close: () => Promise<void>;

beforeAll(async () => {
  const plain = await launchPlainChromium();
  close = plain.close;
  [context] = plain.browser.contexts() as [BrowserContext];
});

afterAll(() => close());

/** Found within this time of waking: two seconds to ask, and something for a page whose timers are still throttled. */
const noticedMs = 3000;

/** And connected again. */
const recoveredMs = 8000;

const setLife = (devTools: CDPSession, state: "frozen" | "active"): Promise<unknown> =>
  devTools.send("Page.setWebLifecycleState", { state });

const lifecycle = (tab: Tab): Promise<string[]> => tab.page.evaluate(() => window.lifecycle);

/** The DevTools protocol hides a page before it freezes it, as browsers do, and shows it only when asked to. */
async function freezeAndResume(tab: Tab): Promise<void> {
  const devTools = await tab.devTools();
  await setLife(devTools, "frozen");
  await tab.reaches({ status: "suspended", code: "page_suspended" });
  expect(await lifecycle(tab)).toContain("freeze");
  await setLife(devTools, "active");
  await tab.page.bringToFront();
  await eventually(async () => expect(await lifecycle(tab)).toContain("resume"));
}

const wakings: readonly (readonly [how: string, sleepAndWake: (tab: Tab) => Promise<void>])[] = [
  ["was frozen and is resumed", freezeAndResume],
  ["is looked at again", (tab) => tab.page.evaluate(() => void document.dispatchEvent(new Event("visibilitychange")))],
];

/** The transport that a page ends up on. */
const lastOf = (transport: string) => transport.split(",").at(-1) as "polling" | "websocket";

describe.each([...transports, "polling,websocket"])("the life of a page, over %s", (transport) => {
  test.for(wakings)(
    "a page that %s finds within 2 s that its connection is dead, and opens another",
    async ([, sleepAndWake], { openSite, openTab }) => {
      const site = await openSite(over(transport));
      const tab = await openTab(site, { context, userId: "ada" });
      await tab.isConnected();
      // Chromium ends the upgrade of a page that it freezes, which the client takes for a blocked WebSocket.
      await tab.reaches({ status: "connected", transport: lastOf(transport) });
      const before = handshakesOf(site).length;

      site.proxy.swallow();
      await sleepAndWake(tab);
      const wokenAt = Date.now();
      const stalled = watchStalls();
      // Looked up in the history: the next connection may open before the test sees that there is none.
      const lost = await eventually(async () => {
        const found = (await tab.history()).find(({ diagnosis }) => diagnosis?.code === "connection_lost");
        expect(found?.status).toBe("reconnecting");
        return found;
      });
      expect((lost?.since ?? Number.NaN) - wokenAt - stalled()).toBeLessThan(noticedMs);
      await tab.isConnected();
      expect(Date.now() - wokenAt - stalled()).toBeLessThan(noticedMs + recoveredMs);
      expect(handshakesOf(site).length - before).toBeLessThanOrEqual(2);
    },
  );

  test("a page that was frozen goes on with its connection, or with another where the browser has ended it", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { context, userId: "ada" });
    // A page that is frozen in the middle of its upgrade reports that WebSocket is blocked.
    await tab.reaches({ status: "connected", transport: lastOf(transport) });
    await freezeAndResume(tab);
    await tab.isConnected();
    // Chromium ends the WebSocket of a page that it freezes.
    expect(handshakesOf(site)).toHaveLength(transport === "polling" ? 1 : 2);
    await eventually(() => expect(site.connections()).toBe(1));
  });

  test("a page in the back/forward cache holds no connection, and has one again when it is shown", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { context, userId: "ada" });
    await tab.isConnected();
    // A page that leaves in the middle of its upgrade is missed by the server at the ping time-out.
    await tab.reaches({ status: "connected", transport: lastOf(transport) });

    await tab.page.goto(`${site.url}/elsewhere`);
    await eventually(() => expect(site.connections()).toBe(0));
    await tab.page.goBack({ waitUntil: "commit" });
    await tab.isConnected();
    expect(await lifecycle(tab)).toEqual(expect.arrayContaining(["pagehide true", "pageshow true"]));
    expect((await tab.history()).map(({ status }) => status)).toContain("suspended");
    expect(await tab.codes()).toEqual([]);
    expect(handshakesOf(site)).toHaveLength(2);
  });
});
