/** Races between two requests of one socket, and between a request and a change of role. */
import type { TaskSnapshot } from "@signalbox/protocol";
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
import { createLatch } from "../latch.ts";

type Door = ReturnType<typeof createLatch>;

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function connect(
  server: TestServer,
  userId: string,
  role: "user" | "admin" = "user",
  transport: Transport = "websocket",
): Promise<TestClient> {
  const { cookie } = server.sessions.signIn({ userId, role });
  const client = await connectClient(server.url, { cookie, transport });
  onTestFinished(() => client.close());
  return client;
}

/** A server whose store is slow to find the first task that is requested, which was made before a restart. */
async function startWithSlowStore(ownerId: string): Promise<{ server: TestServer; task: TaskSnapshot; latch: Door }> {
  const store = createMemoryStore();
  const before = await startTestServer({ store });
  const task = await before.realtime.progress.create({ kind: "t", title: "T", owner_id: ownerId });
  await before.close();
  const latch = createLatch();
  const get = async (taskId: string) => {
    await latch.pass();
    return store.tasks.get(taskId);
  };
  const server = await start({ store: { ...store, tasks: { ...store.tasks, get } } });
  return { server, task, latch };
}

/** Once this is answered, everything that the server has sent the client before has arrived. */
const settle = (client: TestClient) => client.request("check_connection", {});

const membersOf = (server: TestServer, room: string): number =>
  server.realtime.io.of("/").adapter.rooms.get(room)?.size ?? 0;

describe("requests of one socket that were sent without waiting", () => {
  it.each(transports)("end as the last one says: joined and left is left, over %s", async (transport) => {
    const { server, task, latch } = await startWithSlowStore("ada");
    const client = await connect(server, "ada", "user", transport);
    const { task_id } = task;
    const joined = client.request("join_task", { task_id });
    const left = client.request("leave_task", { task_id });
    await latch.reached;
    await settle(client);
    latch.open();
    expect(await joined).toMatchObject({ ok: true, task: { task_id } });
    expect(await left).toEqual({ ok: true });
    expect(membersOf(server, `task:${task_id}`)).toBe(0);
  });

  it.each(transports)("end as the last one says: left and then joined is joined, over %s", async (transport) => {
    const latch = createLatch();
    let asked = 0;
    const server = await start({
      roomAccess: async () => {
        asked += 1;
        if (asked === 2) await latch.pass();
        return true;
      },
    });
    const client = await connect(server, "ada", "user", transport);
    await client.request("join_room", { room_id: "open" });
    const left = client.request("leave_room", { room_id: "open" });
    const joined = client.request("join_room", { room_id: "open" });
    await latch.reached;
    await settle(client);
    latch.open();
    expect([await left, await joined]).toEqual([
      { ok: true, room_id: "open" },
      { ok: true, room_id: "open" },
    ]);
    expect(membersOf(server, "open")).toBe(1);
  });

  it("wait for a handler that hangs only if they are for its room, and only so many of them", async () => {
    const hangs = createLatch();
    const server = await start({
      roomAccess: async (roomId) => {
        if (roomId === "hangs") await hangs.pass();
        return true;
      },
    });
    const client = await connect(server, "ada");
    const waiting = Array.from({ length: 40 }, () => client.request("join_room", { room_id: "hangs" }));
    const refused = (await Promise.all(waiting.slice(32))).map(({ error }) => error);
    expect(refused.map(({ code }) => code)).toEqual(Array(8).fill("rate_limited"));
    for (const { retry_after_ms } of refused) expect(retry_after_ms).toBeGreaterThan(0);
    expect(await client.request("join_room", { room_id: "open" })).toMatchObject({ ok: true });
    expect((await client.request("no_such_event")).error.code).toBe("event_unknown");
    hangs.open();
    for (const answer of await Promise.all(waiting.slice(0, 32))) expect(answer.ok).toBe(true);
  });
});

describe("an administrator who is demoted", () => {
  it("does not get the role back from a look-up that was begun before and ends after", async () => {
    const server = await start({ env: { SIGNALBOX_SESSION_RECHECK: "1" } });
    const client = await connect(server, "root", "admin");
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
    const latch = createLatch();
    const { resolve } = server.sessions;
    server.sessions.resolve = async (credential) => {
      const asAdministrator = await resolve(credential);
      server.sessions.resolve = resolve;
      await latch.pass();
      return asAdministrator;
    };
    // The periodic look-up has read the old role, and its answer is in flight.
    await latch.reached;
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    latch.open();
    for (let turn = 0; turn < 5; turn += 1) await settle(client);
    expect((await client.request("join_admin_dashboard", {})).error.code).toBe("forbidden");
    expect((await client.request("join_task", { task_id })).error.code).toBe("task_not_found");
  });

  it.each(transports)("while joining another user's task does not join it, over %s", async (transport) => {
    const { server, task, latch } = await startWithSlowStore("ada");
    const client = await connect(server, "root", "admin", transport);
    const joining = client.request("join_task", { task_id: task.task_id });
    await latch.reached;
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    latch.open();
    expect((await joining).error.code).toBe("task_not_found");
    await server.realtime.progress.complete(task.task_id);
    await settle(client);
    expect([...client.received("progress_update"), ...client.received("task_completed")]).toEqual([]);
  });

  it("while the audit line of joining another user's task is being stored does not join it", async () => {
    const store = createMemoryStore();
    const latch = createLatch();
    const put = async (events: Parameters<typeof store.securityEvents.put>[0]) => {
      if (events.some(({ type }) => type === "admin_action")) await latch.pass();
      await store.securityEvents.put(events);
    };
    const server = await start({ store: { ...store, securityEvents: { ...store.securityEvents, put } } });
    const client = await connect(server, "root", "admin");
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
    const joining = client.request("join_task", { task_id });
    await latch.reached;
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    latch.open();
    expect((await joining).error.code).toBe("task_not_found");
    expect(membersOf(server, `task:${task_id}`)).toBe(0);
  });

  it("while the application's rule runs is judged by it again with the new role", async () => {
    const latch = createLatch();
    const server = await start({
      roomAccess: async (_roomId, { role }) => {
        await latch.pass();
        return role === "admin";
      },
    });
    const client = await connect(server, "root", "admin");
    const joining = client.request("join_room", { room_id: "staff" });
    await latch.reached;
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    latch.open();
    expect((await joining).error.code).toBe("room_forbidden");
    expect(membersOf(server, "staff")).toBe(0);
  });

  it("while the task that they cancel is looked up cancels nothing", async () => {
    const { server, task, latch } = await startWithSlowStore("ada");
    const client = await connect(server, "root", "admin");
    const cancelling = client.request("cancel_task", { task_id: task.task_id });
    await latch.reached;
    server.sessions.setRole("root", "user");
    await expect.poll(() => client.request("join_admin_dashboard", {})).toMatchObject({ ok: false });
    latch.open();
    expect((await cancelling).error.code).toBe("task_not_found");
  });
});
