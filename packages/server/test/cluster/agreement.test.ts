/**
 * What one node learns reaches every node within a second. What was missed during an outage of Redis arrives within
 * five seconds.
 */
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  connectClient,
  refusalOf,
  startStopwatch,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
let here: TestServer;
let there: TestServer;
beforeAll(async () => {
  cluster = await startCluster({ env: { SIGNALBOX_CONNECT_RATE_PER_USER: "1000", SIGNALBOX_NOTICE_BATCH: "0" } });
  [here, there] = cluster.nodes as [TestServer, TestServer];
});
afterAll(() => cluster.close());

const notice = { type: "news", priority: "normal", title: "News", body: "There is some." } as const;
let serial = 0;
let userId: string;
beforeEach(() => {
  serial += 1;
  userId = `user-${serial}`;
});
const enter = (node: TestServer, options: Parameters<typeof connectClient>[1] = {}): Promise<TestClient> =>
  connectClient(node.url, { cookie: cluster.sessions.signIn({ userId }).cookie, ...options });
const administrator = (node: TestServer) =>
  connectClient(node.url, {
    cookie: cluster.sessions.signIn({ userId: "root", role: "admin" }).cookie,
    namespace: "/admin",
  });

describe.each(transports)("over %s", (transport) => {
  it("a session that ends on one node ends its sockets on the other within a second", async () => {
    const quiet = cluster.sessions.signIn({ userId });
    const client = await connectClient(there.url, { cookie: quiet.cookie, transport });
    // Only one node is notified: the other receives it through Redis.
    cluster.sessions.forget(quiet.ref);
    await here.realtime.sessionChanged({ ref: quiet.ref, reason: "signed_out" });
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason: "signed_out" });
    await client.disconnected(1000);
  });

  it("a demotion on one node closes /admin on the other within a second, and narrows what is left", async () => {
    const { cookie } = cluster.sessions.signIn({ userId, role: "admin" });
    const admin = await connectClient(there.url, { cookie, namespace: "/admin", transport });
    cluster.sessions.setRoleQuietly(userId, "user");
    await here.realtime.sessionChanged({ userId, reason: "role_changed" });
    expect(await admin.next("session_ending", 1000)).toMatchObject({ reason: "role_changed" });
    await admin.disconnected(1000);
  });

  it("a demotion on one node removes sockets on the other from rooms that roomAccess no longer allows", async () => {
    const { cookie } = cluster.sessions.signIn({ userId, role: "admin" });
    const client = await connectClient(there.url, { cookie, transport });
    const members = () => there.realtime.io.of("/").adapter.rooms.get(`staff-${userId}`)?.size ?? 0;
    expect(await client.request("join_room", { room_id: `staff-${userId}` })).toMatchObject({ ok: true });
    expect(members()).toBe(1);
    cluster.sessions.setRoleQuietly(userId, "user");
    await here.realtime.sessionChanged({ userId, reason: "role_changed" });
    await expect.poll(members).toBe(0);
    client.close();
  });

  it("a notice reaches the sockets of a user on every node, once, and reading it is known on each", async () => {
    const clients = await Promise.all([enter(here, { transport }), enter(there, { transport })]);
    for (let sent = 0; sent < 5; sent += 1)
      await here.realtime.notify.user(userId, { ...notice, title: `News ${sent}` });
    const seqs = await Promise.all(
      clients.map(async (client) => {
        const got = [];
        for (let count = 0; count < 5; count += 1) got.push((await client.next("notification")).seq);
        return got;
      }),
    );
    expect(seqs).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
    await clients[0].request("read_notifications", { seq: 5 });
    await expect.poll(() => clients[1]?.received("unread_update").at(-1)).toMatchObject({ unread: 0, read_seq: 5 });
    for (const client of clients) {
      expect(client.received("notification")).toEqual([]);
      client.close();
    }
  });

  it("an application's broadcast reaches a room on every node once", async () => {
    const clients = await Promise.all([enter(here, { transport }), enter(there, { transport })]);
    here.realtime.io.of("/").to(`user:${userId}`).emit("greeting", { from: "here" });
    for (const client of clients) expect(await client.next("greeting")).toEqual({ from: "here" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const client of clients) {
      expect(client.received("greeting")).toEqual([]);
      client.close();
    }
  });
});

it("a room's members are sent a notice wherever they are", async () => {
  const clients = await Promise.all([enter(here), enter(there)]);
  await there.realtime.notify.room("user_general", notice);
  for (const client of clients) {
    expect(await client.next("notification")).toMatchObject({ title: "News" });
    client.close();
  }
});

it("a node that asks for all sockets receives no secret of a session", async () => {
  const client = await enter(there);
  const sockets = await here.realtime.io.of("/").in(`user:${userId}`).fetchSockets();
  expect(sockets).toHaveLength(1);
  expect(JSON.stringify(sockets.map(({ data, handshake }) => ({ data, handshake })))).not.toContain("test.sid");
  expect(sockets[0]?.data).not.toHaveProperty("session");
  client.close();
});

it("an administrator of one node disconnects, blocks and lifts on the other, and sees its security events", async () => {
  const root = await administrator(here);
  const client = await enter(there);
  expect(await root.request("disconnect_user", { user_id: userId, reason: "test" })).toMatchObject({ disconnected: 1 });
  await client.disconnected(1000);
  const again = await enter(there);
  await root.request("add_block", { subject: "user", id: userId, seconds: 60, reason: "test" });
  await again.disconnected(1000);
  const { cookie } = cluster.sessions.signIn({ userId });
  expect(await refusalOf(there.url, { cookie })).toMatchObject({ code: "blocked" });
  await expect.poll(() => root.received("security_event")).toContainEqual(expect.objectContaining({ user_id: userId }));
  await root.request("lift_block", { subject: "user", id: userId });
  await expect.poll(() => connectClient(there.url, { cookie }).then((client) => client.close())).toBeUndefined();
  root.close();
});

it.each([
  ["killed", () => cluster.redis.kill("SIGKILL"), () => cluster.redis.restart()],
  ["frozen", () => cluster.redis.kill("SIGSTOP"), async () => cluster.redis.kill("SIGCONT")],
])(
  "while Redis is %s local delivery goes on; within five seconds of its return all agree",
  async (_how, end, restore) => {
    const { cookie, ref } = cluster.sessions.signIn({ userId });
    const owner = cluster.sessions.signIn({ userId });
    const clients = await Promise.all([here, there].map((node) => connectClient(node.url, { cookie: owner.cookie })));
    const revoked = await connectClient(there.url, { cookie });
    const { task_id } = await here.realtime.progress.create({ kind: "t", title: "T", owner_id: userId });
    const other = await here.realtime.progress.create({ kind: "t", title: "T", owner_id: userId });
    for (const client of clients) {
      await client.request("join_task", { task_id });
      await client.request("join_task", { task_id: other.task_id });
    }
    end();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const [local, remote] = clients as [TestClient, TestClient];
    await here.realtime.progress.report(task_id, { status: "running", percent: 30 });
    expect(await local.next("progress_update")).toMatchObject({ percent: 30 });
    here.realtime.io.emit("greeting", {});
    await local.next("greeting");
    await here.realtime.progress.complete(other.task_id);
    await local.next("task_completed");
    await here.realtime.notify.user(userId, notice);
    await local.next("notification");
    cluster.sessions.forget(ref);
    await here.realtime.sessionChanged({ ref, reason: "signed_out" });

    await restore();
    const elapsed = startStopwatch();
    await remote.next("task_completed", 5000);
    await expect.poll(() => remote.received("progress_update").at(-1)).toMatchObject({ percent: 30 });
    await expect.poll(() => remote.received("unread_update").at(-1)).toMatchObject({ unread: 1 });
    await revoked.disconnected(5000);
    expect(elapsed()).toBeLessThan(5000);
    expect(remote.received("task_completed")).toEqual([]);
    for (const client of clients) client.close();
  },
);

it("a client that joins while Redis is away receives the other node's changes soon after Redis returns", async () => {
  const client = await enter(there);
  cluster.redis.kill("SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const { progress } = here.realtime;
  const tasks = await Promise.all([1, 2].map(() => progress.create({ kind: "t", title: "T", owner_id: userId })));
  const [ends, goesOn] = tasks as [(typeof tasks)[0], (typeof tasks)[0]];
  for (const { task_id } of tasks) await progress.report(task_id, { status: "running", percent: 1 });
  for (const { task_id } of tasks) await client.request("join_task", { task_id });
  await progress.complete(ends.task_id);
  await progress.report(goesOn.task_id, { percent: 44 });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await cluster.redis.restart();
  expect(await client.next("task_completed")).toMatchObject({ task_id: ends.task_id });
  await expect.poll(() => client.received("progress_update").at(-1)).toMatchObject({ percent: 44 });
  client.close();
});

it("the nodes write their state again to a Redis that was emptied", async () => {
  const { task_id } = await here.realtime.progress.create({ kind: "t", title: "T", owner_id: userId });
  await here.realtime.progress.report(task_id, { status: "running", percent: 30 });
  const redis = new Redis(cluster.redis.url);
  await redis.flushall();
  await redis.quit();
  const late = await enter(there);
  await expect
    .poll(async () => (await late.request("get_task_status", { task_id })).task)
    .toMatchObject({ percent: 30, status: "running" });
  late.close();
});

it("a task whose reporter has died is queued again on the node where it is watched, and its end is not missed", async () => {
  const third = await cluster.add();
  const { task_id } = await third.realtime.progress.create({ kind: "t", title: "T", owner_id: userId });
  await third.realtime.progress.report(task_id, { status: "running", percent: 70 });
  const watcher = await enter(there);
  const { task } = await watcher.request("join_task", { task_id });
  expect(task).toMatchObject({ status: "running" });
  await third.close();
  // This takes until Redis considers the reporter gone. Then the process that takes over the work begins a new run.
  const queued = await watcher.next("progress_update", 12_000);
  expect(queued).toMatchObject({ status: "queued", percent: null });
  expect(queued.version).toBeGreaterThan(task.version);
  await here.realtime.progress.report(task_id, { status: "running", percent: 10 });
  expect(await watcher.next("progress_update")).toMatchObject({ status: "running", percent: 10 });
  watcher.close();
});
