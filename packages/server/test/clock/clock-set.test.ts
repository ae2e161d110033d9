/** The system clock is set back or forward by an hour while sessions are live: measured durations are not affected. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createSystemMeter } from "../../src/admin/system-meter.ts";
import { createAutomaticBlocks } from "../../src/limits/automatic-blocks.ts";
import { settleLater } from "../../src/limits/shared-limit.ts";
import { createLowPriorityBatching } from "../../src/notifications/low-priority-batching.ts";
import { createDependencyHealth } from "../../src/observability/dependency-health.ts";
import { createTrafficCounters } from "../../src/observability/traffic-counters.ts";
import { createSecurityLog } from "../../src/security-log/security-log.ts";
import { createSessionLookup } from "../../src/sessions/session-lookup.ts";
import { createLatency } from "../../src/socket-io/connections/latency.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createTaskRegistry } from "../../src/tasks/task-registry.ts";
import { connectClient, createFakeClock, startTestServer } from "../../src/testing/index.ts";
import { createTestLog } from "../security-log/fixture.ts";

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);

describe.each([
  ["back", -hour],
  ["forward", hour],
])("set %s by an hour", (_direction, shift) => {
  const createClock = () => {
    const clock = createFakeClock(start);
    return { ...clock, set: () => clock.setNow(clock.now() + shift) };
  };

  async function startServer(env: Record<string, string>) {
    const clock = createClock();
    const server = await startTestServer({ clock, env });
    onTestFinished(() => server.close());
    return { clock, server, cookie: server.sessions.signIn({ userId: "ada" }).cookie };
  }

  it("a connection budget recovers after its minute, and says so", async () => {
    const { clock, server, cookie } = await startServer({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1" });
    (await connectClient(server.url, { cookie, auth: {} }).catch(() => undefined))?.close();
    clock.advance(10_000);
    clock.set();
    const knock = () =>
      fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: server.url, cookie } });
    const refused = await knock();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBe(50);
    clock.advance(50_000);
    expect((await knock()).status).toBe(200);
  });

  it("a budget of messages is filled again in time, and no client is disconnected for waiting", async () => {
    const { clock, server, cookie } = await startServer({
      SIGNALBOX_MESSAGE_BURST: "20",
      SIGNALBOX_MESSAGE_RATE: "10",
    });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
    const use = () => client.request("leave_task", { task_id: "x" });
    for (let used = 0; used < 20; used += 1) expect(await use()).toEqual({ ok: true });
    clock.set();
    const { error } = await use();
    expect(error).toMatchObject({ code: "rate_limited" });
    expect(error.retry_after_ms).toBeLessThanOrEqual(2000);
    clock.advance(error.retry_after_ms);
    for (let used = 0; used < 20; used += 1) expect(await use()).toEqual({ ok: true });
    expect(client.socket.connected).toBe(true);
  });

  it("a session is rechecked when its interval is over, and not before", async () => {
    const { clock, server, cookie } = await startServer({
      SIGNALBOX_SESSION_RECHECK: "60",
      SIGNALBOX_SESSION_CACHE: "0",
    });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
    const { resolve } = server.sessions;
    let asked = 0;
    server.sessions.resolve = (credential) => {
      asked += 1;
      return resolve(credential);
    };
    clock.advance(30_000);
    clock.set();
    clock.advance(29_000);
    expect(asked).toBe(0);
    clock.advance(1500);
    await expect.poll(() => asked).toBe(1);
  });

  it("a session is cached for as long as it was to be", async () => {
    const clock = createClock();
    let asked = 0;
    const source = {
      credentialOf: () => ({ kind: "cookie" as const, value: "x" }),
      async resolve() {
        asked += 1;
        return { ref: "r", userId: "ada", username: "Ada", role: "user" as const, expiresAt: start + 10 * hour };
      },
    };
    const log = createTestLog();
    const health = createDependencyHealth({ name: "session store", clock, log });
    const lookup = createSessionLookup({ sources: [source], clock, log, health, cacheMs: 5000, timeoutMs: 1000 });
    await lookup.find({ headers: {} });
    clock.advance(1000);
    clock.set();
    await lookup.find({ headers: {} });
    expect(asked).toBe(1);
    clock.advance(4000);
    await lookup.find({ headers: {} });
    expect(asked).toBe(2);
  });

  it("a task's estimate goes on from the time that has passed", async () => {
    const clock = createClock();
    const hub = createTaskRegistry({ store: createMemoryStore().tasks, clock, log: createTestLog() });
    const { task_id } = await hub.create({ kind: "t", title: "T", owner_id: "ada" });
    await hub.report(task_id, { status: "running" });
    clock.advance(10_000);
    clock.set();
    expect(await hub.report(task_id, { percent: 50 })).toMatchObject({ eta_seconds: 10 });
    clock.advance(10_000);
    const later = await hub.report(task_id, { percent: 80 });
    expect(later).toMatchObject({ eta_seconds: 5, updated_at: new Date(clock.now()).toISOString() });
    await hub.close();
  });

  it("a line of the security log is closed in time, and hides no later one", async () => {
    const clock = createClock();
    const shown: number[] = [];
    const log = createSecurityLog({
      store: createMemoryStore().securityEvents,
      clock,
      log: createTestLog(),
      foldMs: 10_000,
      publish: ({ count }) => shown.push(count),
    });
    onTestFinished(() => log.close());
    const record = () => log.record({ type: "origin_refused", ip: "203.0.113.7", detail: "no" });
    record();
    clock.advance(2000);
    clock.set();
    record();
    expect(shown).toEqual([1]);
    clock.advance(8000);
    record();
    expect(shown).toEqual([1, 2, 1]);
  });

  it("a block lasts as long as was said, and its end is told in the new time", () => {
    const clock = createClock();
    const blocks = createAutomaticBlocks(clock);
    while (blocks.offend("user:mallory", "csrf_failed") === undefined);
    clock.advance(20_000);
    clock.set();
    expect(blocks.of("user:mallory")).toMatchObject({ since: clock.now() - 20_000, until: clock.now() + 40_000 });
    clock.advance(39_999);
    expect(blocks.list()).toHaveLength(1);
    clock.advance(1);
    expect(blocks.list()).toEqual([]);
  });

  it("a block from another node, whose clock was set, lasts no longer than its own duration", () => {
    const clock = createClock();
    const blocks = createAutomaticBlocks(clock);
    const since = clock.now() + hour;
    blocks.learn({ place: "user:mallory", since, until: since + 60_000, type: "csrf_failed", times: 1 });
    clock.set();
    clock.advance(60_000);
    expect(blocks.of("user:mallory")).toBeUndefined();
  });

  it("a shared budget refuses for as long as Redis said", async () => {
    const clock = createClock();
    const { take, close } = settleLater({ own() {}, budget: async () => 5000, settings: "S", clock });
    onTestFinished(close);
    take("ada");
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    clock.set();
    expect(() => take("ada")).toThrow(expect.objectContaining({ code: "rate_limited", retryAfterMs: 5000 }));
    clock.advance(5000);
    expect(() => take("ada")).not.toThrow();
  });

  it("a heartbeat's round trip is the time that really passed", () => {
    const clock = createClock();
    const latency = createLatency(clock);
    const conn = {} as Parameters<typeof latency.sent>[0];
    latency.sent(conn);
    clock.advance(40);
    clock.set();
    latency.answered(conn);
    expect(latency.of(conn)).toBe(40);
  });

  it("an outage ends, and a failure is forgotten, after the right time", () => {
    const clock = createClock();
    const log = createTestLog();
    const dependency = createDependencyHealth({ name: "store", clock, log });
    dependency.failed(new Error("no"));
    clock.advance(1000);
    clock.set();
    expect(dependency.status()).toBe("failing");
    clock.advance(29_000);
    expect(dependency.status()).toBe("ok");
    dependency.answered();
    expect(log.lines.map(({ level }) => level)).toEqual(["error", "info"]);
  });

  it("low-priority notifications are batched for the configured time", () => {
    const clock = createClock();
    const notices = createLowPriorityBatching({ clock, waitMs: 5000, backpressure: { isSlow: () => true } });
    const undelivered = [{ priority: "low" }] as unknown as Parameters<typeof notices.wait>[2];
    expect(notices.wait("ada", [], undelivered)).toBe(true);
    clock.set();
    clock.advance(4999);
    expect(notices.due()).toEqual([]);
    clock.advance(1);
    expect(notices.due()).toEqual(["ada"]);
  });

  it("rates of the dashboard are those of the time that has passed", () => {
    const clock = createClock();
    const traffic = createTrafficCounters();
    const meter = createSystemMeter({
      hub: { counts: () => ({ queued: 0, running: 0 }) },
      ...{
        clock,
        traffic,
        connections: () => 0,
        slowConnections: () => 0,
        socketCounts: () => ({ user: 0, admin: 0 }),
      },
    });
    onTestFinished(() => meter.close());
    traffic.events += 100;
    clock.advance(10_000);
    clock.set();
    expect(meter.read().events_per_second).toBe(10);
  });

  it("a connection that is closing and does not go is cut off in time, whatever the clock says", async () => {
    const { clock, server } = await startServer({ SOCKETIO_REQUIRE_AUTH: "false", SIGNALBOX_CONNECT_TIMEOUT: "5" });
    const headers = { origin: server.url };
    const opened = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers });
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    const { engine } = server.realtime.io;
    const conn = (engine as unknown as { clients: Record<string, { readyState: string }> }).clients[sid];
    if (conn === undefined) throw new Error("The connection is not open.");
    conn.readyState = "closing";
    clock.advance(1000);
    clock.set();
    clock.advance(2000);
    expect(conn.readyState).toBe("closed");
  });
});

it("a clock without a monotonic reading is refused with a sentence", async () => {
  const { monotonic: _without, ...clock } = createFakeClock();
  await expect(startTestServer({ clock: clock as never })).rejects.toThrow("The `clock` has no monotonic()");
});
