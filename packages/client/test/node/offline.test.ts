/** `navigator.onLine` is a hint: a server on this machine, or behind a virtual adapter, can be reached all the same. */
import { describe, expect, it, onTestFinished } from "vitest";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { connect, passUntilConnected, reached, settled, startServer, status } from "../support/node-clients.ts";

async function fixture() {
  const server = await startServer();
  const proxy = await startTcpProxy(() => server.port);
  onTestFinished(() => proxy.close());
  const environment = createFakeEnvironment();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = connect({
    ...{ origin: server.url, url: proxy.url, cookie },
    environment: Object.assign(environment, { online: () => false }),
  });
  return { proxy, environment, clients };
}

describe("where the platform reports no network", () => {
  it("the client connects to a server that can be reached", async () => {
    const { clients } = await fixture();
    clients.user();
    await settled(clients);
  });

  it("retry() tries at once", async () => {
    const { proxy, clients } = await fixture();
    proxy.judge = () => "cut";
    clients.user();
    await reached(clients.state, status("offline", "network_offline"));
    proxy.judge = () => "pass";
    clients.retry();
    await settled(clients);
  });

  it("the client looks twice a minute, and connects when there is an answer", async () => {
    const { proxy, environment, clients } = await fixture();
    proxy.judge = () => "cut";
    clients.user();
    expect(await reached(clients.state, status("offline"))).toMatchObject({ nextAttemptAt: null });
    const before = proxy.seen.length;
    await environment.pass(5 * 60_000);
    const looks = proxy.seen.length - before;
    expect(looks).toBeGreaterThanOrEqual(8);
    expect(looks).toBeLessThanOrEqual(10);
    expect(clients.state.get()).toMatchObject({ status: "offline", code: "network_offline" });
    proxy.judge = () => "pass";
    await environment.pass(31_000);
    await passUntilConnected(environment, clients);
  });

  it("a connection that is lost is tried again by itself", async () => {
    const { proxy, environment, clients } = await fixture();
    clients.user();
    await settled(clients);
    proxy.cutAll();
    await reached(clients.state, status("offline"));
    await environment.pass(31_000);
    await passUntilConnected(environment, clients);
  });
});

it.each([0, 0.25, 0.75])(
  "a client that throws %d waits that share of the delay before it tries again",
  async (dice) => {
    const server = await startServer();
    const proxy = await startTcpProxy(() => server.port);
    onTestFinished(() => proxy.close());
    proxy.judge = () => "cut";
    const environment = createFakeEnvironment(dice);
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const clients = connect({ origin: server.url, url: proxy.url, cookie, environment });
    clients.user();
    const { nextAttemptAt } = await reached(clients.state, status("reconnecting", "server_down"));
    expect(nextAttemptAt).toBe(environment.now() + dice * 1000);
  },
);
