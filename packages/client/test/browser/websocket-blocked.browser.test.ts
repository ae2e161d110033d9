import { describe, expect } from "vitest";
import { eventually, handshakesOf, over, test } from "./tab.ts";
import { pass, type SeenRequest, type Verdict } from "./tcp-proxy.ts";

const toUpgrades =
  (verdict: Verdict) =>
  ({ upgrade }: SeenRequest): Verdict =>
    upgrade ? verdict : "pass";

const blocks: readonly (readonly [how: string, verdict: Verdict])[] = [
  ["drops the Upgrade header", "strip_upgrade"],
  ["cuts connections that ask for a WebSocket", "cut"],
];

describe.concurrent.each(["polling,websocket", "websocket,polling"])("a blocked WebSocket, with %s", (transport) => {
  test.for(blocks)(
    "where the network %s the page is connected over polling and says why, and returns to WebSocket when it can",
    async ([, verdict], { openSite, openTab }) => {
      const site = await openSite({
        ...over(transport),
        SOCKETIO_PING_INTERVAL: "300",
        SOCKETIO_PING_TIMEOUT: "300",
      });
      site.proxy.judge = toUpgrades(verdict);
      const tab = await openTab(site, { userId: "ada", ownClock: true });
      await tab.reaches({ status: "connected", transport: "polling" });
      await tab.shows("transport_blocked");
      expect(await tab.state()).toMatchObject({ status: "connected" });
      const { attempt } = (await tab.history()).findLast(({ code }) => code === "attempt") ?? {};
      expect(attempt).toBe(transport === "polling,websocket" ? 1 : 2);
      const upgrades = () => site.proxy.seen.filter(({ upgrade }) => upgrade).length;
      expect(upgrades()).toBe(1);

      await tab.passTime(61_000);
      expect(upgrades()).toBe(2);
      expect(await tab.state()).toMatchObject({ status: "connected", transport: "polling" });
      expect(await tab.codes()).toEqual(["transport_blocked"]);

      site.proxy.judge = pass;
      await tab.passTime(121_000);
      await tab.reaches({ status: "connected", transport: "websocket" });
      await tab.isConnected();
      await eventually(() => expect(site.connections()).toBe(1));
    },
  );

  test("where the network swallows requests for a WebSocket the page is connected over polling all the same", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite({ ...over(transport), SOCKETIO_TIMEOUT: "500" });
    site.proxy.judge = toUpgrades("hang");
    const tab = await openTab(site, { userId: "ada" });
    await tab.reaches({ status: "connected", transport: "polling" });
  });
});

describe.concurrent("a WebSocket that does not live long", () => {
  test("that is cut again and again soon after its opening is given up for polling", async ({ openSite, openTab }) => {
    const site = await openSite();
    const tab = await openTab(site, { userId: "ada" });
    for (const _ of [1, 2]) {
      await tab.reaches({ status: "connected", transport: "websocket" });
      site.proxy.cutAll();
      await tab.reaches({ status: "reconnecting" });
    }
    await tab.reaches({ status: "connected", transport: "polling" });
    await tab.shows("transport_blocked");
    expect(await tab.codes()).toEqual(["connection_lost", "transport_blocked"]);
    expect(handshakesOf(site)).toHaveLength(3);
  });
});
