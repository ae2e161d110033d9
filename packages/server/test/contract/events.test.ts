/**
 * Every event of the contract, over a real socket, on both transports. The tables below are typed by the contract and
 * compared with it at run time: an event that is declared without a test fails here.
 */
import { contract, historySeries, type TaskSnapshot } from "@signalbox/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  connectClient,
  refusalOf,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";

interface Scene {
  readonly server: TestServer;
  readonly transport: Transport;
  /** Connects a new user to `/`. */
  user(name?: string, accepts?: string[]): Promise<TestClient>;
  admin(namespace?: "/" | "/admin", accepts?: string[]): Promise<TestClient>;
  task(ownerId: string): Promise<TaskSnapshot>;
}

type Cases<Names extends string> = Record<Names, (scene: Scene) => Promise<void>>;

let serial = 0;
const unique = (prefix: string): string => `${prefix}-${++serial}`;

const userRequests: Cases<(typeof contract)["/"]["clientEvents"][number]> = {
  async join_task(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const task = await scene.task(name);
    expect(await client.request("join_task", { task_id: task.task_id })).toEqual({ ok: true, task });
    expect(await client.request("join_task", { task_id: task.task_id, since: task.version })).toEqual({ ok: true });
    await scene.server.realtime.progress.report(task.task_id, { status: "running", percent: 40 });
    const update = await client.next("progress_update");
    expect(update).toMatchObject({ task_id: task.task_id, percent: 40 });
    expect(update.version).toBeGreaterThan(task.version);
  },
  async leave_task(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const task = await scene.task(name);
    await client.request("join_task", { task_id: task.task_id });
    expect(await client.request("leave_task", { task_id: task.task_id })).toEqual({ ok: true });
    await scene.server.realtime.progress.report(task.task_id, { status: "running", percent: 10 });
    await scene.server.realtime.progress.complete(task.task_id);
    // The server sends this answer after the final event: an event for this client would have arrived by now.
    await client.request("get_task_status", { task_id: task.task_id });
    expect([...client.received("progress_update"), ...client.received("task_completed")]).toEqual([]);
  },
  async cancel_task(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const task = await scene.task(name);
    await client.request("join_task", { task_id: task.task_id });
    const answer = await client.request("cancel_task", { task_id: task.task_id });
    expect(answer).toMatchObject({ ok: true, task: { task_id: task.task_id } });
    expect(await client.next("task_cancelled")).toMatchObject({ task_id: task.task_id, status: "cancelled" });
  },
  async get_task_status(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const task = await scene.task(name);
    expect(await client.request("get_task_status", { task_id: task.task_id })).toEqual({ ok: true, task });
  },
  async join_room(scene) {
    const client = await scene.user();
    const room_id = unique("open");
    expect(await client.request("join_room", { room_id })).toEqual({ ok: true, room_id });
    scene.server.realtime.io.to(room_id).emit("room_news", { n: 1 });
    expect(await client.next("room_news")).toEqual({ n: 1 });
  },
  async leave_room(scene) {
    const client = await scene.user();
    const room_id = unique("open");
    await client.request("join_room", { room_id });
    expect(await client.request("leave_room", { room_id })).toEqual({ ok: true, room_id });
    scene.server.realtime.io.to(room_id).emit("room_news", { n: 1 });
    await client.request("leave_room", { room_id });
    expect(client.received("room_news")).toEqual([]);
  },
  async sync_notifications(scene) {
    const name = unique("ada");
    const id = await scene.server.realtime.notify.user(name, { type: "test", title: "Hello" });
    const client = await scene.user(name);
    const answer = await client.request("sync_notifications", { after: 0 });
    expect(answer).toMatchObject({ ok: true, latest_seq: answer.notifications.at(-1).seq });
    expect(answer.notifications.at(-1)).toMatchObject({ id, title: "Hello", priority: "normal", requires_ack: false });
    expect(await client.request("sync_notifications", { after: answer.latest_seq })).toMatchObject({
      notifications: [],
    });
  },
  async ack_notifications(scene) {
    const { client, latest_seq, unread } = await notified(scene);
    expect(await client.request("ack_notifications", { seq: latest_seq })).toEqual({ ok: true, unread });
  },
  async read_notifications(scene) {
    const { client, latest_seq } = await notified(scene);
    expect(await client.request("read_notifications", { seq: latest_seq })).toEqual({ ok: true, unread: 0 });
  },
  check_connection: async (scene) => expectServerTime(await scene.user()),
};

const legacyRequests: Cases<(typeof contract)["/"]["legacyClientEvents"][number]> = {
  async join_admin_dashboard(scene) {
    const admin = await scene.admin("/");
    expect(await admin.request("join_admin_dashboard")).toEqual({ ok: true, room_id: "admin_dashboard" });
    scene.server.realtime.admin.alert({ severity: "info", title: "Hello", body: "to legacy clients" });
    expect(await admin.next("admin_alert")).toMatchObject({ type: "alert", alert: { title: "Hello" } });
  },
  async leave_admin_dashboard(scene) {
    const admin = await scene.admin("/");
    await admin.request("join_admin_dashboard");
    expect(await admin.request("leave_admin_dashboard")).toEqual({ ok: true, room_id: "admin_dashboard" });
    scene.server.realtime.admin.alert({ severity: "info", title: "Hello", body: "to nobody here" });
    await admin.request("leave_admin_dashboard");
    expect(admin.received("admin_alert")).toEqual([]);
  },
  async ping(scene) {
    expect(await (await scene.user()).request("ping", { timestamp: 1 })).toEqual({ ok: true });
  },
};

const userEvents: Cases<(typeof contract)["/"]["serverEvents"][number]> = {
  async connection_established(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    expect(await client.next("connection_established")).toMatchObject({
      namespace: "/",
      user_id: name,
      username: name,
      role: "user",
      rooms: expect.arrayContaining(["user_general", `user:${name}`]),
    });
  },
  async session_ending(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    scene.server.sessions.end({ userId: name }, "signed_out");
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason: "signed_out" });
    await client.disconnected(1000);
  },
  server_draining: draining("/"),
  async error(scene) {
    const client = await scene.user();
    client.socket.emit("join_task", { task_id: unique("missing") });
    expect(await client.next("error")).toMatchObject({ code: "task_not_found", message: expect.any(String) });
  },
  progress_update: userRequests.join_task,
  async progress_batch(scene) {
    const name = unique("ada");
    const accepting = await scene.user(name, ["progress_batch"]);
    const legacyClient = await scene.user(name);
    const tasks = [await scene.task(name), await scene.task(name)];
    for (const { task_id } of tasks) {
      for (const client of [accepting, legacyClient]) await client.request("join_task", { task_id });
      await scene.server.realtime.progress.report(task_id, { status: "running", percent: 10 });
    }
    const statesOf = (client: TestClient): TaskSnapshot[] => [
      ...(client.received("progress_update") as TaskSnapshot[]),
      ...(client.received("progress_batch") as { tasks: TaskSnapshot[] }[]).flatMap((batch) => batch.tasks),
    ];
    // Nothing is in flight any more: the next states share a tick.
    for (const client of [accepting, legacyClient])
      for (const { task_id } of tasks)
        await expect.poll(() => statesOf(client)).toContainEqual(expect.objectContaining({ task_id, percent: 10 }));
    // Reports that a stall of the machine separates leave in different ticks. The next pair, after all ticks, shares
    // one.
    let percent = 10;
    const states = tasks.map(({ task_id }) => expect.objectContaining({ task_id, status: "running" }));
    const reportBoth = (): unknown => {
      percent += 0.5;
      for (const { task_id } of tasks) void scene.server.realtime.progress.report(task_id, { percent });
      return accepting.received("progress_batch").at(-1);
    };
    await expect.poll(reportBoth, { interval: 500, timeout: 30_000 }).toEqual({ tasks: states });
    const updates = () => legacyClient.received("progress_update") as TaskSnapshot[];
    for (const { task_id } of tasks)
      await expect
        .poll(() => updates().some((task) => task.task_id === task_id && (task.percent ?? 0) > 10))
        .toBe(true);
    expect(legacyClient.received("progress_batch")).toEqual([]);
    for (const { task_id } of tasks) await scene.server.realtime.progress.complete(task_id);
  },
  async task_completed(scene) {
    const { client, task } = await watchedTask(scene);
    await scene.server.realtime.progress.complete(task.task_id, { images: 3 });
    const ended = await client.next("task_completed");
    expect(ended).toMatchObject({ task_id: task.task_id, status: "completed", percent: 100, result: { images: 3 } });
  },
  async task_error(scene) {
    const { client, task } = await watchedTask(scene);
    await scene.server.realtime.progress.fail(task.task_id, { code: "broken_image", message: "cat.jpg is broken." });
    expect(await client.next("task_error")).toMatchObject({ status: "failed", error: { code: "broken_image" } });
  },
  task_cancelled: userRequests.cancel_task,
  async notification(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const id = await scene.server.realtime.notify.user(name, { type: "test", title: "Hello" });
    await expect.poll(() => client.received("notification")).toContainEqual(expect.objectContaining({ id }));
  },
  async unread_update(scene) {
    const { client, latest_seq } = await notified(scene);
    await client.request("read_notifications", { seq: latest_seq });
    await expect
      .poll(() => client.received("unread_update"))
      .toContainEqual({
        ...{ unread: 0, latest_seq },
        ...{ acknowledged_seq: latest_seq, read_seq: latest_seq },
      });
  },
};

const adminRequests: Cases<(typeof contract)["/admin"]["clientEvents"][number]> = {
  async list_connections(scene) {
    const name = unique("ada");
    await scene.user(name);
    const admin = await scene.admin();
    const answer = await admin.request("list_connections", { filter: name });
    expect(answer).toMatchObject({ ok: true, total: 1, next: null });
    expect(answer.rows[0]).toMatchObject({
      user_id: name,
      namespace: "/",
      transport: scene.transport,
      ip: "127.0.0.1",
    });
  },
  async list_rooms(scene) {
    const name = unique("ada");
    await scene.user(name);
    const admin = await scene.admin();
    const answer = await admin.request("list_rooms", { filter: `user:${name}` });
    expect(answer.rows).toEqual([{ namespace: "/", room: `user:${name}`, members: 1 }]);
  },
  async list_tasks(scene) {
    const task = await scene.task(unique("ada"));
    const admin = await scene.admin();
    const answer = await admin.request("list_tasks", { filter: task.task_id });
    expect(answer.rows).toEqual([task]);
  },
  async list_security_events(scene) {
    const name = unique("mallory");
    const client = await scene.user(name);
    await client.request("no_such_event", {});
    const admin = await scene.admin();
    const answer = await admin.request("list_security_events", { filter: name });
    expect(answer.rows[0]).toMatchObject({ type: "event_unknown", user_id: name });
  },
  async disconnect_user(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const admin = await scene.admin();
    const answer = await admin.request("disconnect_user", { user_id: name, reason: "a test" });
    expect(answer).toEqual({ ok: true, disconnected: 1 });
    await client.disconnected(1000);
    await expectAudit(admin, "disconnect_user", name);
  },
  async revoke_session(scene) {
    const name = unique("ada");
    const { cookie, ref } = scene.server.sessions.signIn({ userId: name });
    const client = await connectClient(scene.server.url, { cookie, transport: scene.transport });
    const admin = await scene.admin();
    expect(await admin.request("revoke_session", { session_ref: ref })).toEqual({ ok: true, revoked: true });
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason: "revoked" });
    await expectAudit(admin, "revoke_session", ref);
  },
  async cancel_task(scene) {
    const task = await scene.task(unique("ada"));
    const admin = await scene.admin();
    const answer = await admin.request("cancel_task", { task_id: task.task_id });
    expect(answer).toMatchObject({ ok: true, task: { task_id: task.task_id, status: "cancelled" } });
    await expectAudit(admin, "cancel_task", task.task_id);
  },
  async list_blocks(scene) {
    const name = unique("mallory");
    await offend(scene, name);
    const { rows } = await (await scene.admin()).request("list_blocks", { filter: name });
    expect(rows).toEqual([
      {
        ...{ subject: "user", id: name, reason: "admin_denied", times: 1 },
        ...{ since: expect.stringMatching(/Z$/), until: expect.stringMatching(/Z$/) },
      },
    ]);
  },
  async get_metrics_history(scene) {
    const admin = await scene.admin();
    await admin.next("system_metrics_update");
    const { at, interval_seconds, series } = await admin.request("get_metrics_history", {});
    expect(interval_seconds).toBe(1);
    expect(at.length).toBeGreaterThan(0);
    for (const name of historySeries) expect(series[name]).toHaveLength(at.length);
    expect(series.connections.at(-1)).toBeGreaterThan(0);
  },
  async get_health(scene) {
    const health = await (await scene.admin()).request("get_health", {});
    expect(health).toEqual({
      ...{ ok: true, status: "ok", version: expect.any(String), server_id: expect.any(String) },
      started_at: expect.stringMatching(/Z$/),
      dependencies: ["store", "sessions"].map((name) => ({ name, status: "ok", since: null })),
    });
  },
  async get_configuration(scene) {
    const { settings } = await (await scene.admin()).request("get_configuration", {});
    expect(settings).toContainEqual({
      ...{ name: "SIGNALBOX_ADMIN_METRICS_INTERVAL", value: "1", secret: false },
      ...{ source: "SIGNALBOX_ADMIN_METRICS_INTERVAL", doc: expect.any(String) },
    });
  },
  async explain_origin(scene) {
    const admin = await scene.admin();
    const { url } = scene.server;
    const explained = await admin.request("explain_origin", { origin: url });
    expect(explained).toMatchObject({ ok: true, allowed: true, rule: expect.any(String) });
    expect(explained.allowed_origins).toContain(url);
    expect(await admin.request("explain_origin", { origin: "https://evil.example" })).toMatchObject({
      ...{ allowed: false, rule: "not in the list", hint: expect.stringContaining("SOCKETIO_CORS_ORIGINS") },
    });
  },
  async add_block(scene) {
    const name = unique("mallory");
    const client = await scene.user(name);
    const admin = await scene.admin();
    const answer = await admin.request("add_block", { subject: "user", id: name, seconds: 60, reason: "a test" });
    expect(answer).toMatchObject({ ok: true, block: { subject: "user", id: name, reason: "banned", note: "a test" } });
    expect(await client.next("error", 1000)).toMatchObject({ code: "blocked" });
    await client.disconnected(1000);
    const { cookie } = scene.server.sessions.signIn({ userId: name });
    expect(await refusalOf(scene.server.url, { cookie, transport: scene.transport })).toMatchObject({
      code: "blocked",
    });
    expect((await admin.request("list_blocks", { filter: name })).rows).toEqual([answer.block]);
    await expectAudit(admin, "add_block", name);
  },
  async lift_block(scene) {
    const name = unique("mallory");
    await offend(scene, name);
    const admin = await scene.admin();
    const block = { subject: "user", id: name };
    expect(await admin.request("lift_block", block)).toEqual({ ok: true, lifted: true });
    expect(await admin.request("lift_block", block)).toEqual({ ok: true, lifted: false });
    await expectAudit(admin, "lift_block", name);
    await scene.user(name);
  },
  async admin_notification(scene) {
    const name = unique("ada");
    const client = await scene.user(name);
    const admin = await scene.admin();
    const notification = { type: "test", title: `Hello ${name}` };
    const answer = await admin.request("admin_notification", { audience: { user_id: name }, notification });
    expect(answer).toEqual({ ok: true, id: expect.any(String) });
    await expect
      .poll(() => client.received("notification"))
      .toContainEqual(expect.objectContaining({ id: answer.id, title: notification.title }));
    await expectAudit(admin, "admin_notification", name);
  },
  check_connection: async (scene) => expectServerTime(await scene.admin()),
};

/** Requests `/admin` without permission until the server blocks this user. */
async function offend({ server, transport }: Scene, name: string): Promise<void> {
  const { cookie } = server.sessions.signIn({ userId: name });
  const knock = async () => (await refusalOf(server.url, { cookie, transport, namespace: "/admin" })).code;
  while ((await knock()) === "forbidden");
}

const adminEvents: Cases<(typeof contract)["/admin"]["serverEvents"][number]> = {
  async connection_established(scene) {
    const admin = await scene.admin();
    expect(await admin.next("connection_established")).toMatchObject({
      namespace: "/admin",
      role: "admin",
      rooms: expect.arrayContaining(["admin_general", "system_monitoring", "security_alerts"]),
    });
  },
  async session_ending(scene) {
    const name = unique("root");
    const { cookie } = scene.server.sessions.signIn({ userId: name, role: "admin" });
    const admin = await connectClient(scene.server.url, { cookie, namespace: "/admin", transport: scene.transport });
    scene.server.sessions.setRole(name, "user");
    expect(await admin.next("session_ending", 1000)).toMatchObject({ reason: "role_changed" });
    await admin.disconnected(1000);
  },
  server_draining: draining("/admin"),
  async error(scene) {
    const admin = await scene.admin();
    admin.socket.emit("no_such_event");
    expect(await admin.next("error")).toMatchObject({ code: "event_unknown" });
  },
  async system_metrics_update(scene) {
    const admin = await scene.admin();
    const update = await admin.next("system_metrics_update");
    expect(update).toMatchObject({ type: "system_metrics", timestamp: expect.any(String) });
    expect(update.metrics.connections).toBeGreaterThan(0);
  },
  async job_update(scene) {
    const admin = await scene.admin();
    const task = await scene.task(unique("ada"));
    expect(await admin.next("job_update")).toMatchObject({ type: "job_created", job: { task_id: task.task_id } });
    await scene.server.realtime.progress.fail(task.task_id, { code: "x", message: "y" });
    expect(await admin.next("job_update")).toMatchObject({ type: "job_failed", job: { task_id: task.task_id } });
  },
  async admin_alert(scene) {
    const [admin, user] = [await scene.admin(), await scene.user()];
    scene.server.realtime.admin.alert({ severity: "warning", title: "Disk", body: "nearly full" });
    expect(await admin.next("admin_alert")).toMatchObject({ type: "alert", alert: { title: "Disk" } });
    await user.request("leave_task", { task_id: "none" });
    expect(user.received("admin_alert")).toEqual([]);
  },
  async security_event(scene) {
    const admin = await scene.admin();
    const name = unique("mallory");
    const client = await scene.user(name);
    await client.request("__proto__", {});
    await expect
      .poll(() => admin.received("security_event"))
      .toContainEqual(expect.objectContaining({ type: "event_unknown", user_id: name, count: 1 }));
  },
  async connections_update(scene) {
    const admin = await scene.admin();
    await scene.user();
    const update = await admin.next("connections_update");
    expect(update.opened).toBeGreaterThan(0);
    expect(update.total).toBeGreaterThan(0);
  },
  async admin_batch(scene) {
    const admin = await scene.admin("/admin", ["admin_batch"]);
    const task = await scene.task(unique("ada"));
    expect(await admin.next("admin_batch")).toMatchObject({
      at: expect.stringMatching(/Z$/),
      tasks: expect.arrayContaining([task]),
    });
    expect(admin.received("job_update")).toEqual([]);
  },
};

async function notified(scene: Scene): Promise<{ client: TestClient; latest_seq: number; unread: number }> {
  const name = unique("ada");
  await scene.server.realtime.notify.user(name, { type: "test", title: "Hello" });
  const client = await scene.user(name);
  const { latest_seq, unread } = await client.request("sync_notifications", { after: 0 });
  return { client, latest_seq, unread };
}

async function watchedTask(scene: Scene): Promise<{ client: TestClient; task: TaskSnapshot }> {
  const name = unique("ada");
  const client = await scene.user(name);
  const task = await scene.task(name);
  await client.request("join_task", { task_id: task.task_id });
  return { client, task };
}

/**
 * Shuts a server down while its clients are connected. Each case has its own server, because nothing runs on it
 * afterwards.
 */
function draining(namespace: "/" | "/admin") {
  return async ({ transport }: Scene): Promise<void> => {
    const server = await startTestServer();
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const client = await connectClient(server.url, { cookie, namespace, transport });
    await server.close();
    const { reconnect_after_ms } = await client.next("server_draining");
    expect(reconnect_after_ms).toBeLessThanOrEqual(server.config.reconnectionDelayMax);
    await client.disconnected();
  };
}

async function expectServerTime(client: TestClient): Promise<void> {
  const asked = Date.now();
  const answer = await client.request("check_connection", {});
  expect(answer).toEqual({ ok: true, server_time: new Date(answer.server_time).toISOString() });
  expect(Date.parse(answer.server_time)).toBeGreaterThanOrEqual(asked);
  expect(Date.parse(answer.server_time)).toBeLessThanOrEqual(Date.now());
}

async function expectAudit(admin: TestClient, event: string, target: string): Promise<void> {
  const { rows } = await admin.request("list_security_events", { filter: target });
  expect(rows).toContainEqual(expect.objectContaining({ type: "admin_action", event, user_id: expect.any(String) }));
}

const suites = [
  { title: "/ client to server", names: contract["/"].clientEvents, cases: userRequests },
  { title: "/ client to server, legacy", names: contract["/"].legacyClientEvents, cases: legacyRequests },
  { title: "/ server to client", names: contract["/"].serverEvents, cases: userEvents },
  { title: "/admin client to server", names: contract["/admin"].clientEvents, cases: adminRequests },
  { title: "/admin server to client", names: contract["/admin"].serverEvents, cases: adminEvents },
];

describe.each(transports)("the contract over %s", (transport) => {
  let server: TestServer;
  const clients: TestClient[] = [];

  beforeAll(async () => {
    server = await startTestServer({
      env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000", SIGNALBOX_ADMIN_METRICS_INTERVAL: "1" },
      roomAccess: (roomId) => roomId.startsWith("open"),
      tasks: { cancel: async (task) => void (await server.realtime.progress.cancelled(task.task_id)) },
    });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.close();
  });

  const connect = async (
    userId: string,
    role: "user" | "admin",
    namespace: string,
    accepts: string[] = [],
  ): Promise<TestClient> => {
    const { cookie } = server.sessions.signIn({ userId, role });
    const client = await connectClient(server.url, { cookie, namespace, transport, accepts });
    clients.push(client);
    return client;
  };
  const scene = (): Scene => ({
    server,
    transport,
    user: (name = unique("user"), accepts = []) => connect(name, "user", "/", accepts),
    admin: (namespace = "/admin", accepts = []) => connect(unique("root"), "admin", namespace, accepts),
    task: (owner_id) => server.realtime.progress.create({ kind: "test", title: "A test", owner_id }),
  });

  for (const { title, names, cases } of suites) {
    describe(title, () => {
      it.each([...names])("%s", async (name) => {
        await (cases as Cases<string>)[name]?.(scene());
        expect(Object.keys(cases)).toContain(name);
      });
      it("has a test for every event, and for no other", () => {
        expect(Object.keys(cases).sort()).toEqual([...names].sort());
      });
    });
  }
});
