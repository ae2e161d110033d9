import { describe, expect } from "vitest";
import { eventually, over, requestsOf, test, transports } from "./tab.ts";
import { httpAnswer, pass } from "./tcp-proxy.ts";

/** A failed attempt makes at most four requests: for a socket, for client-config, and two that probe who answers. */
const requestsPerAttempt = 4;

describe.concurrent.each(transports)("a server that goes away, over %s", (transport) => {
  test("the client reports a killed server as down, keeps trying without a pause, and reconnects by itself", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada" });
    await tab.isConnected();

    const before = requestsOf(site).length;
    await site.kill();
    await tab.shows("server_down");
    await eventually(async () => expect((await tab.state()).attempt).toBeGreaterThanOrEqual(3));
    const requests = requestsOf(site).length - before;
    const { attempt } = await tab.state();
    expect(requests).toBeGreaterThanOrEqual(attempt);
    expect(requests).toBeLessThanOrEqual(attempt * requestsPerAttempt);
    expect(await tab.codes()).toEqual(["connection_lost", "server_down"]);

    await site.start();
    await tab.isConnected();
    expect(site.connections()).toBe(1);
  });

  test("the client sends nothing to a server that announces its restart until the time it names, and reconnects by itself", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite({ ...over(transport), SOCKETIO_RECONNECTION_DELAY_MAX: "3000" });
    const tab = await openTab(site, { userId: "ada" });
    await tab.isConnected();

    const before = requestsOf(site).length;
    await site.stop();
    await site.start();
    // The page may take a moment to hear of it, and looks connected until then.
    await eventually(async () => expect((await tab.history()).map(({ code }) => code)).toContain("server_restarting"));
    await tab.isConnected();
    const restarting = (await tab.history()).find(({ code }) => code === "server_restarting");
    expect(restarting).toMatchObject({ status: "reconnecting", attempt: 0 });
    const { since = 0, diagnosis } = restarting ?? {};
    const back = requestsOf(site)[before];
    expect(back?.at).toBeGreaterThanOrEqual(since + (diagnosis?.retryAfterMs ?? Number.NaN));
    expect(back?.target).toBe("/realtime/client-config");
    expect((await tab.history()).filter(({ code }) => code === "attempt")).toHaveLength(2);
    expect(await tab.codes()).toEqual(["server_restarting"]);
  });

  test("a gateway that has lost its server reports a server that is down", async ({ openSite, openTab }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada" });
    await tab.isConnected();

    const html = { "Content-Type": "text/html" };
    site.proxy.judge = () => ({ answer: httpAnswer("502 Bad Gateway", html, "<h1>502 Bad Gateway</h1>") });
    site.proxy.cutAll();
    const before = requestsOf(site).length;
    await tab.shows("server_down");
    const requests = requestsOf(site).length - before;
    const { attempt } = await tab.state();
    expect(requests).toBeLessThanOrEqual(attempt * requestsPerAttempt);
    expect(await tab.codes()).toEqual(["connection_lost", "server_down"]);

    site.proxy.judge = pass;
    await tab.isConnected();
  });
});
