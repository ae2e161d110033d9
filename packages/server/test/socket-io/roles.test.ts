/** What administrators may do, what is audited of it, and which rights remain after a demotion. */
import type { SecurityEvent, TaskSnapshot } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import {
  connectClient,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A server after a restart, with a task from before it that has not been read since. */
async function restarted(ownerId: string): Promise<{ server: TestServer; task: TaskSnapshot }> {
  const store = createMemoryStore();
  const before = await startTestServer({ store });
  const task = await before.realtime.progress.create({ kind: "t", title: "T", owner_id: ownerId });
  await before.close();
  return { server: await start({ store }), task };
}

interface Person {
  readonly userId: string;
  readonly role?: "user" | "admin";
  readonly namespace?: string;
}

async function connect(server: TestServer, { userId, role = "user", namespace = "/" }: Person, transport?: Transport) {
  const { cookie } = server.sessions.signIn({ userId, role });
  const client = await connectClient(server.url, { cookie, namespace, ...(transport && { transport }) });
  onTestFinished(() => client.close());
  return client;
}

const root = { userId: "root", role: "admin" } as const;
const dashboard = { ...root, namespace: "/admin" };

async function audited(admin: TestClient): Promise<SecurityEvent[]> {
  const { rows } = await admin.request("list_security_events", { filter: "admin_action" });
  return rows;
}

describe.each(transports)("over %s", (transport) => {
  it("a demoted administrator stays with a task of their own, also after a restart", async () => {
    const { server, task } = await restarted("root");
    const client = await connect(server, root, transport);
    await client.request("join_task", { task_id: task.task_id });
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    await server.realtime.progress.complete(task.task_id);
    expect(await client.next("task_completed")).toMatchObject({ task_id: task.task_id });
  });

  it("the Flask-SocketIO broadcast reaches the watchers of a task from before a restart by its bare id", async () => {
    const { server, task } = await restarted("ada");
    const client = await connect(server, { userId: "ada" }, transport);
    await client.request("join_task", { task_id: task.task_id });
    server.realtime.legacy.emit("custom", 1, { room: task.task_id });
    expect(await client.next("custom")).toBe(1);
  });

  it("an administrator who watches another user's task leaves one line for each time they join it", async () => {
    const server = await start();
    const [client, admin] = [await connect(server, root, transport), await connect(server, dashboard, transport)];
    const { progress } = server.realtime;
    const { task_id } = await progress.create({ kind: "t", title: "T", owner_id: "ada" });
    const own = await progress.create({ kind: "t", title: "T", owner_id: "root" });
    await client.request("join_task", { task_id: own.task_id });
    expect(await audited(admin)).toEqual([]);
    await Promise.all([client.request("join_task", { task_id }), client.request("join_task", { task_id })]);
    expect(await client.request("join_task", { task_id })).toMatchObject({ ok: true });
    const [line, ...others] = await audited(admin);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ type: "admin_action", event: "join_task", user_id: "root", namespace: "/" });
    expect(line?.detail).toBe(`Asked to watch task ${task_id} of user "ada".`);
    await client.request("leave_task", { task_id });
    await client.request("join_task", { task_id });
    expect(await audited(admin)).toHaveLength(2);
  });
});

describe("disconnect_user", () => {
  it.each(["ada@example.com", "auth0|5f7c8ec7", "CN=Ada Lovelace, O=Example", "x".repeat(256)])(
    "finds %s: a user's id is whatever the application made it",
    async (userId) => {
      const server = await start();
      const client = await connect(server, { userId });
      const admin = await connect(server, dashboard);
      const answer = await admin.request("disconnect_user", { user_id: userId, reason: "a test" });
      expect(answer).toEqual({ ok: true, disconnected: 1 });
      await client.disconnected(1000);
      expect((await audited(admin))[0]?.detail).toBe(`Asked to disconnect user "${userId}": a test`);
    },
  );

  it.each(["", "x".repeat(257), 5, null])("refuses %j, which is no id", async (userId) => {
    const admin = await connect(await start(), dashboard);
    const { error } = await admin.request("disconnect_user", { user_id: userId, reason: "a test" });
    expect(error.code).toBe("payload_invalid");
  });

  it("writes an id and a reason with control characters down on one harmless line", async () => {
    const server = await start();
    const admin = await connect(server, dashboard);
    await admin.request("disconnect_user", { user_id: "a\r\nb\u001b[31m", reason: "c\u202ed\u2028e" });
    const expected = 'Asked to disconnect user "a\\u000d\\u000ab\\u001b[31m": c\\u202ed\\u2028e';
    expect((await audited(admin))[0]?.detail).toBe(expected);
    expect(server.logged.map(({ fields }) => JSON.stringify(fields)).join()).not.toMatch(/[\u2028\u202e]/);
  });
});

it("the line of a command says what was asked for, whatever came of it", async () => {
  const admin = await connect(await start(), dashboard);
  expect(await admin.request("revoke_session", { session_ref: "nobodys" })).toEqual({ ok: true, revoked: false });
  expect((await admin.request("cancel_task", { task_id: "missing" })).error.code).toBe("task_not_found");
  const details = (await audited(admin)).map(({ detail }) => detail);
  expect(details).toEqual(["Asked to cancel task missing.", "Asked to revoke session nobodys."]);
});

it("a socket that is in as many rooms as it may be is told when to try again", async () => {
  const server = await start({ env: { SIGNALBOX_MAX_ROOMS_PER_SOCKET: "3" }, roomAccess: () => true });
  const client = await connect(server, { userId: "ada" });
  expect(await client.request("join_room", { room_id: "a" })).toMatchObject({ ok: true });
  const { error } = await client.request("join_room", { room_id: "b" });
  expect(error.code).toBe("rate_limited");
  expect(error.retry_after_ms).toBeGreaterThan(0);
  await client.request("leave_room", { room_id: "a" });
  expect(await client.request("join_room", { room_id: "b" })).toMatchObject({ ok: true });
});
