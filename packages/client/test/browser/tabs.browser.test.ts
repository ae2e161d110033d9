import { watchStalls } from "@signalbox/server/testing";
import { describe, expect } from "vitest";
import { eventually, handshakesOf, over, requestsOf, type Tab, test, transports } from "./tab.ts";

/** From the end of one leader to the next one's connection. */
const changeMs = 2000;

describe.concurrent.each(transports)("the tabs of one browser, over %s", (transport) => {
  test("share one connection, and have another within 2 s when the tab that held it is closed", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const query = { share: "true" };
    const first = await openTab(site, { userId: "ada", query });
    const { context } = first;
    const others: [Tab, Tab] = [await openTab(site, { context, query }), await openTab(site, { context, query })];
    for (const tab of [first, ...others]) await tab.isConnected();
    expect(site.connections()).toBe(1);
    expect(handshakesOf(site)).toHaveLength(1);

    const closedAt = Date.now();
    const stalled = watchStalls();
    await first.page.close();
    await eventually(() => expect(handshakesOf(site)).toHaveLength(2));
    await eventually(() => expect(site.connections()).toBe(1));
    expect(Date.now() - closedAt - stalled()).toBeLessThan(changeMs);
    for (const tab of others) await tab.isConnected();
    expect(site.connections()).toBe(1);
  });

  test("all say why there is no connection, and only one of them asks the server", async ({ openSite, openTab }) => {
    const site = await openSite(over(transport));
    const query = { share: "true" };
    const first = await openTab(site, { userId: "ada", query });
    const second = await openTab(site, { context: first.context, query });
    await first.isConnected();
    await second.isConnected();
    const before = requestsOf(site).length;
    site.sessions.end({ userId: "ada" }, "signed_out");
    await first.shows("session_ended");
    await second.shows("session_ended");
    expect(await second.state()).toMatchObject({ status: "auth_required" });
    expect(requestsOf(site).length - before).toBeLessThanOrEqual(1);
  });
});
