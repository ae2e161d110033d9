/** The batches of a graceful shutdown, with a clock that the test advances. */
import { describe, expect, it, onTestFinished } from "vitest";
import { connectClient, createFakeClock, startTestServer, type TestClient } from "../../src/testing/index.ts";

async function start(env: Record<string, string> = {}) {
  const clock = createFakeClock(Date.now());
  const server = await startTestServer({ clock, env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000", ...env } });
  onTestFinished(async () => {
    const closed = server.close();
    clock.advance(3_600_000);
    await closed;
  });
  const clients: TestClient[] = [];
  const delays: number[] = [];
  async function connect(): Promise<TestClient> {
    const { cookie } = server.sessions.signIn({ userId: `user-${clients.length}`, role: "admin" });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
    client.socket.on("server_draining", ({ reconnect_after_ms }) => delays.push(reconnect_after_ms));
    clients.push(client);
    return client;
  }
  /** Once a later request is answered, everything that the server has sent before has arrived. */
  const settle = () =>
    Promise.all(clients.filter(({ socket }) => socket.connected).map((each) => each.request("check_connection", {})));
  const told = () => delays.length;
  return { clock, server, clients, connect, delays, told, settle };
}

describe("a window", () => {
  it("is divided evenly among the connections, the first of which are told at once", async () => {
    const { clock, server, connect, told, settle } = await start({ SIGNALBOX_DRAIN_WINDOW: "2" });
    for (let n = 0; n < 4; n += 1) await connect();
    const closed = server.realtime.close();
    await expect.poll(told).toBe(1);
    for (const count of [2, 3, 4]) {
      clock.advance(499);
      await settle().catch(() => {});
      expect(told()).toBe(count - 1);
      clock.advance(1);
      await expect.poll(told).toBe(count);
    }
    await closed;
  });

  it("has a batch every 100 ms, whose sizes differ by one at most", async () => {
    const { clock, server, connect, told } = await start({ SIGNALBOX_DRAIN_WINDOW: "1" });
    for (let n = 0; n < 25; n += 1) await connect();
    const closed = server.realtime.close();
    const counts: number[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      const wanted = Math.floor(((batch + 1) * 25) / 10);
      await expect.poll(told).toBe(wanted);
      counts.push(told());
      clock.advance(100);
    }
    expect(counts).toEqual([2, 5, 7, 10, 12, 15, 17, 20, 22, 25]);
    await closed;
  });

  it("makes clients reconnect within 250 ms at the most, and within the first delay where that is less", async () => {
    for (const [delay, within] of [
      ["60000", 250],
      ["100", 100],
    ] as const) {
      const env = {
        SIGNALBOX_DRAIN_WINDOW: "1",
        SOCKETIO_RECONNECTION_DELAY: delay,
        SOCKETIO_RECONNECTION_DELAY_MAX: "60000",
      };
      const { clock, server, connect, delays } = await start(env);
      const [first, last] = [await connect(), await connect()];
      const closed = server.realtime.close();
      await first.disconnected();
      const refusal = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, {
        headers: { origin: server.url },
      });
      expect(await refusal.json()).toMatchObject({ error: { code: "server_draining", retry_after_ms: within } });
      expect(await last.request("check_connection", {})).toMatchObject({ ok: true });
      clock.advance(500);
      await last.disconnected();
      expect(delays).toHaveLength(2);
      for (const ms of delays) expect(ms).toBeLessThan(within);
      await closed;
    }
  });
});

describe("without a window", () => {
  it("all clients are notified at once, and reconnect spread over the longest delay", async () => {
    const { server, connect, clients, delays } = await start({
      SOCKETIO_RECONNECTION_DELAY: "1000",
      SOCKETIO_RECONNECTION_DELAY_MAX: "60000",
    });
    for (let n = 0; n < 4; n += 1) await connect();
    const closed = server.realtime.close();
    await Promise.all(clients.map((client) => client.disconnected()));
    await closed;
    expect(delays).toHaveLength(4);
    expect(Math.max(...delays)).toBeGreaterThan(1000);
    expect(Math.max(...delays)).toBeLessThan(60_000);
    expect(new Set(delays).size).toBeGreaterThan(1);
  });
});

describe("a delay before", () => {
  it("fails readiness, lets everybody in and serves them until it is over", async () => {
    const { clock, server, connect, told, settle } = await start({ SIGNALBOX_DRAIN_DELAY: "3" });
    await connect();
    const ready = async () => (await fetch(`${server.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    const closed = server.realtime.close();
    expect(await ready()).toBe(503);
    clock.advance(2999);
    await connect();
    await settle();
    expect(told()).toBe(0);
    clock.advance(1);
    await expect.poll(told).toBe(2);
    await closed;
  });

  it("is skipped where none was set: the server stops accepting connections in the same turn", async () => {
    const { server, connect } = await start();
    await connect();
    const closed = server.realtime.close();
    const response = await fetch(`${server.url}/readyz`).catch(() => undefined);
    expect(response?.status).not.toBe(200);
    await closed;
  });
});

it("the pause between batches ends with the last connection, and its timer with the pause", async () => {
  const { clock, server, connect, clients } = await start({ SIGNALBOX_DRAIN_WINDOW: "60" });
  for (let n = 0; n < 3; n += 1) await connect();
  const pauses = [20_000, 40_000];
  const timers = new Set<object>();
  const { after } = clock;
  clock.after = (ms, run) => {
    const timer = {};
    if (pauses.includes(ms)) timers.add(timer);
    const cancel = after(ms, run);
    return () => {
      timers.delete(timer);
      cancel();
    };
  };
  const closed = server.realtime.close();
  expect(timers.size).toBe(2);
  for (const client of clients) client.close();
  await closed;
  expect(timers.size).toBe(0);
});
