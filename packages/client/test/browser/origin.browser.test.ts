import { createServer } from "node:http";
import { describe, expect } from "vitest";
import { freePort } from "../../../../scripts/services/free-port.ts";
import { createPages, listen } from "./site.ts";
import { over, requestsOf, test, transports } from "./tab.ts";

describe.concurrent.each(transports)("a page of another origin, over %s", (transport) => {
  test("reports that its address is refused, makes at most 3 requests in a minute, and gets in once allowed", async ({
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

/** Answers in place of the server, without CORS headers. */
const strangers: readonly (readonly [what: string, status: number, headers: Record<string, string>])[] = [
  ["a page of its own", 200, { "Content-Type": "text/html" }],
  ["a redirect", 302, { Location: "/welcome" }],
  ["the error of a gateway", 502, {}],
];

test.concurrent.for(strangers)(
  "a page of another origin that is answered with %s by another server, without CORS headers, reports proxy_interference",
  async ([, status, headers], { openSite, openTab, onTestFinished }) => {
    const stranger = createServer(({ url }, response) => {
      if (url === "/welcome") response.end("Welcome");
      else response.writeHead(status, headers).end();
    });
    const address = `http://127.0.0.1:${await listen(stranger)}`;
    onTestFinished(() => void stranger.close());
    const site = await openSite();
    const tab = await openTab(site, { userId: "ada", query: { url: address } });
    await tab.shows("proxy_interference");
    expect(await tab.codes()).toEqual(["proxy_interference"]);
    expect((await tab.state()).status).toBe("reconnecting");
  },
);

test.concurrent("a page of another origin without an answer reports that the server is down", async ({
  openSite,
  openTab,
}) => {
  const site = await openSite();
  const tab = await openTab(site, { userId: "ada", query: { url: `http://127.0.0.1:${await freePort()}` } });
  await tab.shows("server_down");
});

test.concurrent("a page whose requests carry a header that the preflight refuses reports that it is not let in", async ({
  browser,
  openSite,
  openTab,
  onTestFinished,
}) => {
  const other = await createPages();
  const address = `http://127.0.0.1:${await listen(other)}`;
  onTestFinished(() => void other.close());
  const site = await openSite({ SOCKETIO_CORS_ORIGINS: address });
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  // As instruments of tracing do.
  await context.addInitScript(() => {
    const { fetch } = window;
    window.fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("x-of-the-application", "1");
      return fetch(input, { ...init, headers });
    };
  });
  const tab = await openTab(site, { at: address, context, userId: "ada", query: { url: site.url } });
  await tab.shows("origin_refused");
  expect(await tab.codes()).toEqual(["origin_refused"]);
});
