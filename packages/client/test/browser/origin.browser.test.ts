import { describe, expect } from "vitest";
import { createPages, listen } from "./site.ts";
import { over, requestsOf, test, transports } from "./tab.ts";

describe.concurrent.each(transports)("a page of another origin, over %s", (transport) => {
  test("is told that its address is refused, makes at most 3 requests in a minute, and gets in once allowed", async ({
    openSite,
    openTab,
    onTestFinished,
  }) => {
    const other = await createPages();
    const address = `http://127.0.0.1:${await listen(other)}`;
    onTestFinished(() => void other.close());
    const site = await openSite(over(transport));
    const tab = await openTab(site, { at: address, userId: "ada", ownClock: true, query: { url: site.url } });

    await tab.shows("origin_refused");
    const { since, ...state } = await tab.state();
    expect(state).toMatchObject({ status: "refused", nextAttemptAt: null, attempt: 1 });
    const asked = requestsOf(site).map(({ target }) => target);
    expect(asked).toEqual(["/realtime/client-config", "/realtime/reachable", "/realtime/client-config"]);
    await tab.timeReaches(since + 59_000);
    expect(requestsOf(site)).toHaveLength(3);
    expect(await tab.codes()).toEqual(["origin_refused"]);

    await site.stop();
    await site.start({ SOCKETIO_CORS_ORIGINS: address });
    await tab.passTime(30_000);
    await tab.isConnected();
    expect((await tab.history()).filter(({ code }) => code === "attempt")).toHaveLength(2);
  });
});
