import { describe, expect } from "vitest";
import { eventually, handshakesOf, over, requestsOf, test, transports } from "./tab.ts";
import { httpAnswer, pass, type SeenRequest, type Verdict } from "./tcp-proxy.ts";

const onlyTo =
  (path: string, verdict: Verdict) =>
  ({ target }: SeenRequest): Verdict =>
    target.startsWith(path) ? verdict : "pass";

/** Time limit of a request before the client is connected, with a margin for a busy machine. */
const oneRequestMs = 7000;

const portal: readonly (readonly [what: string, answer: string])[] = [
  ["a page of its own", httpAnswer("200 OK", { "Content-Type": "text/html" }, "<h1>Welcome to our network</h1>")],
  ["a redirect", httpAnswer("302 Found", { Location: "http://127.0.0.1:9/welcome" })],
];

describe.concurrent.each(transports)("the network, over %s", (transport) => {
  test("a browser without network says so, sends nothing meanwhile, and is back when the network is", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada" });
    await tab.isConnected();

    await tab.context.setOffline(true);
    site.proxy.cutAll();
    await tab.shows("network_offline");
    expect(await tab.state()).toMatchObject({ status: "offline", nextAttemptAt: null });
    const before = requestsOf(site).length;
    const { attempt } = await tab.state();
    await tab.page.locator("connection-status").getByText("No network connection").waitFor();
    expect(requestsOf(site).length - before).toBe(0);
    expect(attempt).toBeLessThanOrEqual(1);

    await tab.context.setOffline(false);
    await tab.isConnected();
    expect((await tab.codes()).at(-1)).toBe("network_offline");
  });

  test.for(portal)(
    "the client tells another server that answers with %s from its own, and reports proxy_interference",
    async ([, answer], { openSite, openTab }) => {
      const site = await openSite(over(transport));
      const tab = await openTab(site, { userId: "ada" });
      await tab.isConnected();

      site.proxy.judge = () => ({ answer });
      site.proxy.cutAll();
      const before = requestsOf(site).length;
      await tab.shows("proxy_interference");
      // Counted first: another attempt may begin at any moment.
      const requests = requestsOf(site).length - before;
      const { attempt } = await tab.state();
      expect(requests).toBeLessThanOrEqual(attempt * 3);
      expect(await tab.codes()).toEqual(["connection_lost", "proxy_interference"]);
      site.proxy.judge = pass;
      await tab.isConnected();
    },
  );

  test("an endpoint that never answers runs out of time, and is asked again", async ({ openSite, openTab }) => {
    const site = await openSite({ ...over(transport), SOCKETIO_TIMEOUT: "500" });
    site.proxy.judge = onlyTo("/socket.io/", "hang");
    const tab = await openTab(site, { userId: "ada" });
    await tab.shows("timed_out");
    const handshakes = handshakesOf(site).length;
    const { attempt, status } = await tab.state();
    expect(status).toBe("reconnecting");
    expect(handshakes).toBeLessThanOrEqual(attempt);
    await eventually(() => expect(handshakesOf(site).length).toBeGreaterThanOrEqual(3));
    expect(await tab.codes()).toEqual(["timed_out"]);
    site.proxy.judge = pass;
    await tab.isConnected();
  });
});

describe.concurrent("an endpoint that is not the one that was expected", () => {
  const mismatches: readonly (readonly [what: string, verdict: Verdict, path: string])[] = [
    ["is not found where it should be", { answer: httpAnswer("404 Not Found", {}, "Not found") }, "/socket.io/"],
    [
      "forgets its sessions",
      { answer: httpAnswer("400 Bad Request", {}, '{"code":1,"message":"Session ID unknown"}') },
      "/socket.io/?EIO=4&transport=polling&t=",
    ],
  ];
  test.for(mismatches)(
    "a server that %s does not match the page, and is asked again at leisure",
    async ([, verdict, path], { openSite, openTab }) => {
      const site = await openSite(over("polling"));
      site.proxy.judge = onlyTo(path, verdict);
      const tab = await openTab(site, { userId: "ada" });
      await tab.shows("protocol_mismatch");
      const handshakes = handshakesOf(site).length;
      const { attempt, status } = await tab.state();
      expect(status).toBe("reconnecting");
      expect(handshakes).toBeLessThanOrEqual(attempt);
      expect(await tab.codes()).toEqual(["protocol_mismatch"]);
      site.proxy.judge = pass;
      await tab.isConnected();
    },
  );
});

test("the client reports a server that never answers after the time limit of one request", async ({
  openSite,
  openTab,
}) => {
  const site = await openSite();
  site.proxy.judge = onlyTo("/realtime/", "hang");
  const tab = await openTab(site, { userId: "ada", ownClock: true });
  await eventually(async () => {
    await tab.page.clock.runFor(250);
    expect((await tab.state()).diagnosis?.code).toBe("timed_out");
  });
  const [{ since: begunAt = 0 } = {}] = await tab.history();
  expect((await tab.state()).since - begunAt).toBeLessThan(oneRequestMs);
  await tab.shows("timed_out");
  expect(requestsOf(site).length).toBeLessThanOrEqual(2);
  site.proxy.judge = pass;
  await tab.page.clock.runFor(2000);
  await tab.isConnected();
});
