/** What the server says when it is busy, full or restarting is understood and obeyed. */
import { afterEach, describe, expect, it } from "vitest";
import type { Clients, ConnectionState } from "../../src/index.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import {
  connect,
  connected,
  reached,
  settled,
  startRestartable,
  startServer,
  status,
} from "../support/node-clients.ts";

type Server = Awaited<ReturnType<typeof startServer>>;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Attempts that the client has made: each is a state of its own. */
function countAttempts(clients: Clients): () => number {
  let count = 0;
  const stop = clients.onState(({ code }) => {
    if (code === "attempt") count += 1;
  });
  stops.push(stop);
  return () => count;
}

const signIn = (server: Server, userId: string) => server.sessions.signIn({ userId }).cookie;

describe.each([
  { code: "rate_limited", env: { SIGNALBOX_CONNECT_RATE_PER_USER: "1" }, least: 1000 },
  { code: "rate_limited", env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1" }, least: 1000 },
  { code: "too_many_connections", env: { SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1" }, least: 10_000 },
  { code: "server_full", env: { SOCKETIO_MAX_CONNECTIONS: "1" }, least: 5000 },
] as const)("$code with $env", ({ code, env, least }) => {
  it("is named, and the server's time to wait is kept", async () => {
    const server = await startServer({ env });
    const cookie = signIn(server, "ada");
    const first = connect({ origin: server.url, cookie });
    first.user();
    await connected(first);

    const environment = createFakeEnvironment();
    const clients = connect({ origin: server.url, cookie, environment });
    const attempts = countAttempts(clients);
    clients.user();
    const state = await reached(clients.state, status("reconnecting", code));
    const waitMs = (state.nextAttemptAt ?? 0) - environment.now();
    expect(state.diagnosis).toMatchObject({ code, retry: "after_delay", retryAfterMs: waitMs });
    expect(waitMs).toBeGreaterThanOrEqual(least);
    expect(waitMs).toBeLessThanOrEqual(60_000);

    await environment.pass(waitMs - 1);
    expect(attempts()).toBe(1);
    await environment.pass(1);
    expect(attempts()).toBe(2);
  });
});

describe("a connection slot that becomes free", () => {
  it.each([{ SOCKETIO_MAX_CONNECTIONS: "1" }, { SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1" }])(
    "is taken at the next attempt, with %j",
    async (env) => {
      const server = await startServer({ env });
      const cookie = signIn(server, "ada");
      const first = connect({ origin: server.url, cookie });
      first.user();
      await settled(first);
      const environment = createFakeEnvironment();
      const clients = connect({ origin: server.url, cookie, environment });
      clients.user();
      await reached(clients.state, status("reconnecting"));
      first.close();
      const back = connected(clients);
      // The server notices the closed connection a moment later.
      while (clients.state.get().status !== "connected") await environment.pass(1000);
      await back;
    },
  );
});

describe("a server that restarts", () => {
  it("announces when to come back, and is obeyed: the next attempt is at that time", async () => {
    const server = await startRestartable({ SOCKETIO_RECONNECTION_DELAY_MAX: "3000" });
    const environment = createFakeEnvironment();
    const clients = connect({
      origin: server.url,
      cookie: server.sessions.signIn({ userId: "ada" }).cookie,
      environment,
    });
    const attempts = countAttempts(clients);
    const announced = new Promise<number>((resolve) => {
      clients.user().on("server_draining", ({ reconnect_after_ms }) => resolve(reconnect_after_ms));
    });
    await settled(clients);
    const before = attempts();

    const restarting = reached(clients.state, status("reconnecting", "server_restarting"));
    await server.stop();
    const state: ConnectionState = await restarting;
    const waitMs = await announced;
    expect(state).toMatchObject({ nextAttemptAt: environment.now() + waitMs, diagnosis: { retryAfterMs: waitMs } });
    await server.start();
    await environment.pass(waitMs - 1);
    expect(attempts()).toBe(before);
    await environment.pass(1);
    expect(attempts()).toBe(before + 1);
    await connected(clients);
  });

  it("with another secret is no end of the session: the client asks for a new token by itself", async () => {
    const server = await startRestartable({
      SOCKETIO_RECONNECTION_DELAY_MAX: "300",
      SOCKETIO_RECONNECTION_DELAY: "50",
    });
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    clients.user();
    await settled(clients);
    const states: string[] = [];
    clients.onState((state) => void states.push(state.status));
    const lost = reached(clients.state, status("reconnecting"));
    await server.stop();
    await lost;
    await server.start();
    await connected(clients);
    expect(states).not.toContain("auth_required");
  });
});
