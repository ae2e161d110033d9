/**
 * Every setting is used: for each one, a test shows what it changes on a running server.
 * The table is typed by the settings, so a new setting without a case does not compile, and compared at run time.
 */
import { readFileSync } from "node:fs";
import type { ClientConfig } from "@signalbox/protocol";
import { afterAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createLog } from "../../src/config/log-from-config.ts";
import { settings } from "../../src/config/settings.ts";
import { readTls } from "../../src/http/tls.ts";
import {
  connectClient,
  createFakeClock,
  fetchClientConfig,
  rawRequest,
  refusalOf,
  sendRaw,
  startTestServer,
  type TestClient,
  type TestClientOptions,
  type TestServer,
} from "../../src/testing/index.ts";
import { startCluster } from "../cluster/cluster.ts";
import { openSid, pollingPath } from "../hostile/raw-socket.ts";
import { makeCertificate } from "../tls/make-certificate.ts";

/** Each test has its own servers, and most of its time is waiting: they run concurrently, and end together. */
const opened: { close(): unknown }[] = [];
afterAll(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(env: Record<string, string>, options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ ...options, env });
  opened.push(server);
  return server;
}

async function connect(server: TestServer, options: TestClientOptions = {}): Promise<TestClient> {
  const { cookie = server.sessions.signIn({ userId: "ada" }).cookie } = options;
  const client = await connectClient(server.url, { ...options, cookie });
  opened.push(client);
  return client;
}

const production = {
  NODE_ENV: "production",
  SIGNALBOX_SECRET: "a-secret-of-more-than-thirty-two-characters",
  PUBLIC_URL: "https://app.example.com",
};
const handshake = "/socket.io/?EIO=4&transport=polling";
const get = (server: TestServer, path: string, headers: Record<string, string> = {}) =>
  sendRaw(server.port, rawRequest("GET", path, Object.entries({ Origin: server.url, ...headers })));

async function expectClientConfig(env: Record<string, string>, expected: Partial<ClientConfig>): Promise<void> {
  const server = await start(env);
  expect(await fetchClientConfig(server.url)).toMatchObject(expected);
}

/** Opens a raw polling connection and returns the server's handshake. */
async function openPacket(
  server: TestServer,
): Promise<{ pingInterval: number; pingTimeout: number; maxPayload: number }> {
  const { body } = await get(server, handshake);
  return JSON.parse(body.slice(body.indexOf("{"), body.indexOf("}") + 1));
}

async function burst(client: TestClient, count: number): Promise<number> {
  const requests = Array.from({ length: count }, () => client.request("leave_task", { task_id: "none" }));
  return (await Promise.all(requests)).filter(({ ok }) => ok).length;
}

const effects: Record<keyof typeof settings, () => Promise<void>> = {
  async mode() {
    expect(() => loadConfig({ NODE_ENV: "production" })).toThrow("SIGNALBOX_SECRET");
    expect(() => loadConfig({ NODE_ENV: "prod", SIGNALBOX_SECRET: production.SIGNALBOX_SECRET })).toThrow("NODE_ENV");
    expect(loadConfig({ NODE_ENV: "development" }).config.mode).toBe("development");
  },
  async host() {
    const server = await start({ HOST: "app.test", PORT: "80" });
    expect((await get(server, handshake, { Origin: "http://app.test" })).status).toBe(200);
    expect((await get(server, handshake, { Origin: "http://other.test" })).status).toBe(403);
  },
  async port() {
    const server = await start({ HOST: "app.test", PORT: "8123" });
    expect((await get(server, handshake, { Origin: "http://app.test:8123" })).status).toBe(200);
    expect((await get(server, handshake, { Origin: "http://app.test:8124" })).status).toBe(403);
  },
  async publicUrl() {
    const server = await start(production);
    expect((await get(server, handshake, { Origin: "https://app.example.com" })).status).toBe(200);
    expect((await get(server, "/realtime/client-config", { Origin: "https://app.example.com" })).body).toContain(
      '"url":"https://app.example.com"',
    );
  },
  tlsCertFile: () => expectTls("TLS_CERT_FILE"),
  tlsKeyFile: () => expectTls("TLS_KEY_FILE"),
  async trustProxy() {
    const forwarded = { "X-Forwarded-For": "203.0.113.9" };
    for (const [proxies, ip] of [
      ["loopback", "203.0.113.9"],
      ["", "127.0.0.1"],
    ] as const) {
      const server = await start({ TRUST_PROXY: proxies });
      const client = await connect(server, { headers: forwarded });
      const admin = server.sessions.signIn({ userId: "root", role: "admin" });
      const { rows } = await (await connect(server, { cookie: admin.cookie, namespace: "/admin" })).request(
        "list_connections",
        { filter: client.socket.id },
      );
      expect(rows[0].ip).toBe(ip);
    }
  },
  async secret() {
    const [one, two] = [
      await start({ SIGNALBOX_SECRET: "1".repeat(32) }),
      await start({ SIGNALBOX_SECRET: "2".repeat(32) }),
    ];
    const { cookie } = one.sessions.signIn({ userId: "ada" });
    const { csrf } = await fetchClientConfig(one.url, { cookie });
    two.sessions.resolve = one.sessions.resolve;
    expect((await refusalOf(two.url, { cookie, auth: { csrf } })).code).toBe("csrf_invalid");
  },

  async corsOrigins() {
    const server = await start({ SOCKETIO_CORS_ORIGINS: "https://*.example.com" });
    expect((await get(server, handshake, { Origin: "https://a.example.com" })).status).toBe(200);
    expect((await get(server, handshake)).status).toBe(403);
  },
  async corsHeaders() {
    const server = await start({ SIGNALBOX_CORS_HEADERS: "X-Tenant" });
    const request = rawRequest("OPTIONS", handshake, [
      ["Origin", server.url],
      ["Access-Control-Request-Headers", "x-tenant"],
    ]);
    const { headers } = await sendRaw(server.port, request);
    expect(headers.get("access-control-allow-headers")).toMatch(/(^|, )x-tenant(,|$)/);
  },
  async corsCredentials() {
    const { headers } = await get(await start({ SOCKETIO_CORS_CREDENTIALS: "false" }), handshake);
    expect(headers.has("access-control-allow-credentials")).toBe(false);
    expect((await get(await start({}), handshake)).headers.get("access-control-allow-credentials")).toBe("true");
  },
  async corsReportOnly() {
    const server = await start({ SOCKETIO_CORS_REPORT_ONLY: "true" });
    expect((await get(server, handshake, { Origin: "https://evil.example" })).status).toBe(200);
  },

  async path() {
    // Clients request `/live/`, whichever way it was written.
    const server = await start({ SOCKETIO_PATH: "/live" });
    await connect(server, { path: "/live" });
    expect((await get(server, "/live/?EIO=4&transport=polling")).status).toBe(200);
    expect((await get(server, handshake)).body).toBe("application");
    expect((await fetchClientConfig(server.url)).path).toBe("/live/");
  },
  async transports() {
    const server = await start({ SOCKETIO_TRANSPORTS: "websocket" });
    expect((await get(server, handshake)).status).toBe(400);
    expect((await fetchClientConfig(server.url)).transports).toEqual(["websocket"]);
  },
  pingInterval: async () =>
    expect(await openPacket(await start({ SOCKETIO_PING_INTERVAL: "7" }))).toMatchObject({ pingInterval: 7000 }),
  pingTimeout: async () =>
    expect(await openPacket(await start({ SOCKETIO_PING_TIMEOUT: "6" }))).toMatchObject({ pingTimeout: 6000 }),
  async maxHttpBufferSize() {
    const server = await start({ SOCKETIO_MAX_HTTP_BUFFER_SIZE: "70000" });
    const client = await connect(server);
    client.socket.emit("leave_task", { task_id: "x".repeat(70_000) });
    await client.disconnected();
  },
  async maxEventSize() {
    const client = await connect(await start({ SIGNALBOX_MAX_EVENT_SIZE: "300" }));
    expect((await client.request("leave_task", { task_id: "x".repeat(300) })).error.code).toBe("payload_too_large");
    expect(await client.request("leave_task", { task_id: "x".repeat(120) })).toEqual({ ok: true });
  },
  async connectTimeout() {
    const server = await start({ SIGNALBOX_CONNECT_TIMEOUT: "1" });
    await get(server, handshake);
    expect(server.realtime.io.engine.clientsCount).toBe(1);
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(0);
  },

  reconnection: () => expectClientConfig({ SOCKETIO_RECONNECTION: "false" }, { reconnection: false }),
  async reconnectionAttempts() {
    await expectClientConfig({ SOCKETIO_RECONNECTION_ATTEMPTS: "7" }, { reconnection_attempts: 7 });
    await expectClientConfig({ SOCKETIO_RECONNECTION_ATTEMPTS: "0" }, { reconnection_attempts: null });
  },
  reconnectionDelay: () => expectClientConfig({ SOCKETIO_RECONNECTION_DELAY: "250" }, { reconnection_delay_ms: 250 }),
  reconnectionDelayMax: () =>
    expectClientConfig({ SOCKETIO_RECONNECTION_DELAY_MAX: "9000" }, { reconnection_delay_max_ms: 9000 }),
  timeout: () => expectClientConfig({ SOCKETIO_TIMEOUT: "3000" }, { timeout_ms: 3000 }),
  async drainDelay() {
    const clock = createFakeClock(Date.now());
    const server = await start({ SIGNALBOX_DRAIN_DELAY: "10" }, { clock });
    const closing = server.realtime.close();
    expect((await get(server, "/readyz")).status).toBe(503);
    const client = await connect(server);
    clock.advance(9999);
    expect(await client.request("leave_task", { task_id: "none" })).toMatchObject({ ok: true });
    clock.advance(1);
    await client.disconnected();
    await closing;
  },
  async drainWindow() {
    for (const [window, leastMs] of [
      ["0", 0],
      ["1", 450],
    ] as const) {
      const server = await start({ SIGNALBOX_DRAIN_WINDOW: window });
      const clients = [await connect(server), await connect(server)];
      const started = performance.now();
      void server.realtime.close();
      await Promise.all(clients.map((client) => client.disconnected()));
      expect(performance.now() - started).toBeGreaterThanOrEqual(leastMs);
    }
  },

  async requireAuth() {
    const server = await start({ SOCKETIO_REQUIRE_AUTH: "false" });
    const guest = await connectClient(server.url);
    opened.push(guest);
    expect(await guest.next("connection_established")).toMatchObject({ role: "guest", session_id_hint: null });
    expect((await refusalOf(server.url, { namespace: "/admin" })).code).toBe("forbidden");
    expect((await refusalOf((await start({})).url)).code).toBe("session_missing");
  },
  async sessionValidation() {
    const server = await start({ SOCKETIO_SESSION_VALIDATION: "false" });
    const client = await connect(server);
    server.sessions.end({ userId: "ada" }, "signed_out");
    expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
    expect(client.received("session_ending")).toEqual([]);
  },
  async sessionRecheck() {
    const server = await start({ SIGNALBOX_SESSION_RECHECK: "1" });
    const client = await connect(server);
    server.sessions.resolve = async () => "session_invalid";
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
  },
  async sessionCache() {
    for (const [cache, lookups] of [
      ["60000", 1],
      ["0", 2],
    ] as const) {
      const server = await start({ SIGNALBOX_SESSION_CACHE: cache });
      const { cookie } = server.sessions.signIn({ userId: "ada" });
      await fetchClientConfig(server.url, { cookie });
      await fetchClientConfig(server.url, { cookie });
      expect(server.sessions.lookups()).toBe(lookups);
    }
  },
  async csrfProtection() {
    const server = await start({ SOCKETIO_CSRF_PROTECTION: "false" });
    await connect(server, { auth: {} });
    const strict = await start({});
    const { cookie } = strict.sessions.signIn({ userId: "ada" });
    expect((await refusalOf(strict.url, { cookie, auth: {} })).code).toBe("csrf_invalid");
  },

  async rateLimiting() {
    const env = { SIGNALBOX_MESSAGE_BURST: "3", SIGNALBOX_MESSAGE_RATE: "3" };
    const clock = createFakeClock(Date.now());
    expect(await burst(await connect(await start({ ...env, SOCKETIO_RATE_LIMITING: "false" }, { clock })), 9)).toBe(9);
    expect(await burst(await connect(await start(env, { clock })), 9)).toBe(3);
  },
  async penalties() {
    for (const [penalties, lets] of [
      ["true", "blocked"],
      ["false", "forbidden"],
    ] as const) {
      const server = await start({ SIGNALBOX_PENALTIES: penalties });
      const { cookie } = server.sessions.signIn({ userId: "mallory" });
      const knock = async () => (await refusalOf(server.url, { cookie, namespace: "/admin" })).code;
      for (let n = 0; n < 31; n += 1) expect(await knock()).toBe("forbidden");
      expect(await knock()).toBe(lets);
    }
  },
  async connectRatePerAddress() {
    const server = await start({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "2" });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await get(server, handshake)).status);
    expect(statuses).toEqual([200, 200, 429]);
  },
  async connectRatePerUser() {
    const server = await start({ SIGNALBOX_CONNECT_RATE_PER_USER: "1" });
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    await connect(server, { cookie });
    expect(await refusalOf(server.url, { cookie })).toMatchObject({ code: "rate_limited" });
    await connect(server, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
  },
  async messageRate() {
    // The burst refills at the rate: 2 messages at 2 a second are back after a second.
    const clock = createFakeClock(Date.now());
    const env = { SIGNALBOX_MESSAGE_RATE: "2", SIGNALBOX_MESSAGE_BURST: "2" };
    const client = await connect(await start(env, { clock }));
    expect(await burst(client, 3)).toBe(2);
    clock.advance(1000);
    expect(await burst(client, 3)).toBe(2);
  },
  async messageBurst() {
    const env = { SIGNALBOX_MESSAGE_RATE: "1", SIGNALBOX_MESSAGE_BURST: "4" };
    const server = await start(env, { clock: createFakeClock(Date.now()) });
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const tabs = [await connect(server, { cookie }), await connect(server, { cookie })];
    const handled = await Promise.all(tabs.map((tab) => burst(tab, 4)));
    expect(handled.reduce((sum, count) => sum + count)).toBe(4);
  },
  async maxConnections() {
    const server = await start({ SOCKETIO_MAX_CONNECTIONS: "1" });
    await connect(server);
    const response = await get(server, handshake);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  },
  maxConnectionsPerUser: () => expectCap("SIGNALBOX_MAX_CONNECTIONS_PER_USER", "/"),
  maxConnectionsPerAdmin: () => expectCap("SIGNALBOX_MAX_CONNECTIONS_PER_ADMIN", "/admin"),
  async maxRoomsPerSocket() {
    const server = await start({ SIGNALBOX_MAX_ROOMS_PER_SOCKET: "4" }, { roomAccess: () => true });
    const client = await connect(server);
    const answers = [];
    for (const room_id of ["a", "b", "c", "d"]) answers.push(await client.request("join_room", { room_id }));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, false, false]);
    expect(answers[3].error.code).toBe("rate_limited");
  },

  async progressFlush() {
    const counts: number[] = [];
    for (const flush of ["20", "400"]) {
      const clock = createFakeClock(Date.now());
      const server = await start({ PROGRESS_FLUSH_MS: flush }, { clock });
      const client = await connect(server);
      const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
      await client.request("join_task", { task_id });
      for (let current = 1; current <= 20; current += 1) {
        await server.realtime.progress.report(task_id, { status: "running", current });
        clock.advance(20);
      }
      await server.realtime.progress.complete(task_id);
      await client.next("task_completed");
      counts.push(client.received("progress_update").length);
    }
    const [often = 0, seldom = 0] = counts;
    expect(seldom).toBeLessThanOrEqual(3);
    expect(often).toBeGreaterThan(seldom * 2);
  },
  async progressTickTasks() {
    const joined = await batchesOf({ PROGRESS_TICK_TASKS: "3" }, 3);
    expect(joined.flat()).toHaveLength(3);
    const split = await batchesOf({ PROGRESS_TICK_TASKS: "2", PROGRESS_FLUSH_MS: "50" }, 5);
    expect(split.map((tasks) => tasks.length)).toEqual([2, 2, 1]);
  },
  async progressTickBytes() {
    // Three states of a little over a kilobyte each: a tick continues while it has sent less than its bytes.
    const split = await batchesOf({ PROGRESS_TICK_BYTES: "2000", PROGRESS_FLUSH_MS: "50" }, 3, "m".repeat(1000));
    expect(split.map((tasks) => tasks.length)).toEqual([2, 1]);
  },
  async maxBufferedBytes() {
    // A polling client that does not poll again: everything waits on the server.
    const server = await start({ SIGNALBOX_MAX_BUFFERED_BYTES: "20000", SOCKETIO_REQUIRE_AUTH: "false" });
    const sid = await openSid(server);
    const text = { Origin: server.url, "Content-Type": "text/plain" };
    await fetch(`${server.url}${pollingPath(sid)}`, { method: "POST", headers: text, body: "40" });
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    server.realtime.io.emit("news", "y".repeat(19_000));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(server.realtime.io.of("/").sockets.size).toBe(1);
    server.realtime.io.emit("news", "y".repeat(2000));
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(0);
  },
  async noticeEscalation() {
    const told: number[] = [];
    const notifications = { onUnacknowledged: () => void told.push(performance.now()) };
    const { notify } = (await start({ SIGNALBOX_NOTICE_ESCALATION: "1" }, { notifications })).realtime;
    const sentAt = performance.now();
    await notify.user("ada", { type: "test", title: "Alarm", priority: "critical" });
    await expect.poll(() => told).toHaveLength(1);
    expect(told[0]).toBeGreaterThanOrEqual(sentAt + 990);
  },
  async noticeBatch() {
    for (const [seconds, atLeastMs] of [
      ["0", 0],
      ["1", 990],
    ] as const) {
      const server = await start({ SIGNALBOX_NOTICE_BATCH: seconds });
      const client = await connect(server, { transport: "polling" });
      const sentAt = performance.now();
      await server.realtime.notify.user("ada", { type: "test", title: "Low", priority: "low" });
      await client.next("notification");
      expect(performance.now() - sentAt).toBeGreaterThanOrEqual(atLeastMs);
    }
  },
  async adminMetricsInterval() {
    const server = await start({ SIGNALBOX_ADMIN_METRICS_INTERVAL: "1" });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connect(server, { cookie, namespace: "/admin" });
    await admin.next("system_metrics_update", 1500);
    await admin.next("system_metrics_update", 1500);
  },
  async securityFold() {
    const server = await start({ SIGNALBOX_SECURITY_FOLD: "1" });
    const client = await connect(server);
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connect(server, { cookie, namespace: "/admin" });
    for (let n = 0; n < 3; n += 1) await client.request("nope", {});
    await expect
      .poll(() => admin.received("security_event"))
      .toContainEqual(expect.objectContaining({ type: "event_unknown", count: 3 }));
  },
  async securityLogRows() {
    const server = await start({ SIGNALBOX_SECURITY_LOG_ROWS: "100" });
    for (let n = 0; n < 120; n += 1) {
      await get(server, handshake, { Origin: `https://evil-${n}.example`, "X-Forwarded-For": "203.0.113.1" });
    }
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connect(server, { cookie, namespace: "/admin" });
    expect((await admin.request("list_security_events", {})).total).toBeLessThanOrEqual(100);
  },

  async redisUrl() {
    await expect(start({ REDIS_URL: "redis://127.0.0.1:1" })).rejects.toThrow("createRealtime was given no `cluster`");
    expect(await reachesOtherNode({})).toBe(true);
  },
  async redisPrefix() {
    expect(await reachesOtherNode({ SIGNALBOX_REDIS_PREFIX: "others" })).toBe(false);
  },
  async metricsToken() {
    const server = await start({ SIGNALBOX_METRICS_TOKEN: "a-token-for-metrics" });
    const elsewhere = { "X-Forwarded-For": "203.0.113.9" };
    expect((await get(server, "/metrics", elsewhere)).status).toBe(401);
    expect((await get(server, "/metrics", { ...elsewhere, Authorization: "Bearer wrong" })).status).toBe(401);
    const allowed = { ...elsewhere, Authorization: "Bearer a-token-for-metrics" };
    expect((await get(server, "/metrics", allowed)).status).toBe(200);
  },
  async operationRoutes() {
    expect((await get(await start({}), "/livez")).body).toBe('{"status":"ok"}');
    expect((await get(await start({ SIGNALBOX_OPERATION_ROUTES: "false" }), "/livez")).body).toBe("application");
  },
  async legacyEvents() {
    const server = await start({ SOCKETIO_LEGACY_EVENTS: "false" });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const client = await connect(server, { cookie });
    expect((await client.request("join_admin_dashboard")).error.code).toBe("event_unknown");
  },
  async logLevel() {
    const lines = (level: string): number => {
      let count = 0;
      const log = createLog(loadConfig({ NODE_ENV: "test", SOCKETIO_LOG_LEVEL: level }).config, {
        write: () => {
          count += 1;
        },
      });
      log.info({}, "One.");
      log.error({}, "Two.");
      return count;
    };
    expect([lines("info"), lines("error"), lines("silent")]).toEqual([2, 1, 0]);
  },
  async logConnections() {
    const server = await start({ SOCKETIO_LOG_CONNECTIONS: "true" });
    const client = await connect(server);
    client.close();
    await expect
      .poll(() => server.logged.map(({ message }) => message))
      .toEqual(expect.arrayContaining(["Connected.", "Disconnected."]));
    expect(JSON.stringify(server.logged)).not.toContain("test.sid");
  },
  async debug() {
    const server = await start({ SOCKETIO_DEBUG: "true" });
    await (await connect(server)).request("leave_task", { task_id: "none" });
    expect(server.logged).toContainEqual(
      expect.objectContaining({
        level: "debug",
        fields: expect.objectContaining({ event: "leave_task", outcome: "ok" }),
      }),
    );
  },
  async debugParts() {
    const server = await start({ SIGNALBOX_DEBUG_PARTS: "origin, tasks" });
    await (await connect(server)).request("leave_task", { task_id: "none" });
    await server.realtime.progress.create({ kind: "import", title: "Customers", owner_id: "ada" });
    const told = server.logged.filter(({ level }) => level === "debug").map(({ fields }) => fields);
    const parts = new Set(told.map((fields) => (fields as { part: string }).part));
    expect([...parts].sort()).toEqual(["origin", "tasks"]);
    expect(told).toContainEqual(expect.objectContaining({ rule: "derived from HOST and PORT", allowed: true }));
    expect(told).toContainEqual(expect.objectContaining({ status: "queued" }));
  },
};

/** Whether a broadcast of one node reaches a client of another, which has other settings. */
async function reachesOtherNode(env: Record<string, string>): Promise<boolean> {
  const cluster = await startCluster();
  opened.push(cluster);
  const other = await cluster.add(env);
  const client = await connect(other, { cookie: cluster.sessions.signIn({ userId: "ada" }).cookie });
  const told = client.next("told", 1500).then(
    () => true,
    () => false,
  );
  const telling = setInterval(() => cluster.nodes[0]?.realtime.io.emit("told", {}), 50);
  try {
    return await told;
  } finally {
    clearInterval(telling);
  }
}

/** The batches that a client with `progress_batch` receives for one change of each of several tasks, frame by frame. */
async function batchesOf(env: Record<string, string>, count: number, message = "m"): Promise<unknown[][]> {
  const server = await start(env);
  const { progress } = server.realtime;
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const client = await connect(server, { cookie, accepts: ["progress_batch"] });
  const frames: unknown[][] = [];
  client.socket.on("progress_update", (task) => frames.push([task]));
  client.socket.on("progress_batch", ({ tasks }) => frames.push(tasks));
  const ids = Array.from({ length: count }, (_, index) => `task-${index}`);
  for (const task_id of ids) {
    await progress.create({ task_id, kind: "t", title: "T", owner_id: "ada" });
    await progress.report(task_id, { status: "running" });
    await client.request("join_task", { task_id });
  }
  frames.length = 0;
  for (const task_id of ids) void progress.report(task_id, { message });
  await expect.poll(() => frames.flat()).toHaveLength(count);
  return frames;
}

/** The https server is created from the content of the files; test/tls covers how it serves them. */
async function expectTls(variable: "TLS_CERT_FILE" | "TLS_KEY_FILE"): Promise<void> {
  const files = makeCertificate("settings");
  opened.push({ close: files.remove });
  const env = { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key };
  const part = variable === "TLS_CERT_FILE" ? "cert" : "key";
  expect(readTls(loadConfig(env).config)?.[part]).toBe(readFileSync(files[part], "utf8"));
  expect(() => readTls(loadConfig({ ...env, [variable]: "/nowhere" }).config)).toThrow(variable);
}

async function expectCap(variable: string, namespace: "/" | "/admin"): Promise<void> {
  const server = await start({ [variable]: "1" });
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const first = await connect(server, { cookie, namespace });
  expect(await refusalOf(server.url, { cookie, namespace })).toMatchObject({ code: "too_many_connections" });
  await connect(server, { cookie, namespace: namespace === "/" ? "/admin" : "/" });
  first.close();
  await expect
    .poll(() =>
      connect(server, { cookie, namespace }).then(
        () => "in",
        () => "refused",
      ),
    )
    .toBe("in");
}

describe("each setting changes something", () => {
  it.concurrent.each(Object.entries(settings).map(([key, { env }]) => [env, key as keyof typeof settings] as const))(
    "%s",
    async (_env, key) => effects[key](),
  );
  it("and each has a test", () => expect(Object.keys(effects).sort()).toEqual(Object.keys(settings).sort()));
});
