/** Rights are checked again whenever they change, and when they are used (fault A37). */
import type { SecurityEvent } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { defineNamespace } from "../../src/socket-io/namespaces/define-namespace.ts";
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

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function connect(server: TestServer, userId: string, options: Parameters<typeof connectClient>[1] = {}) {
  const role = userId === "root" ? "admin" : "user";
  const session = server.sessions.signIn({ userId, role });
  const client = await connectClient(server.url, { cookie: session.cookie, ...options });
  onTestFinished(() => client.close());
  return Object.assign(client, { session });
}

const membersOf = (server: TestServer, room: string): number =>
  server.realtime.io.of("/").adapter.rooms.get(room)?.size ?? 0;

/** Once this is answered, everything that the server has sent the client before has arrived. */
const settle = (client: TestClient) => client.request("check_connection", {});

describe.each(transports)("a room of administrators, over %s", (transport: Transport) => {
  it.each([
    ["answers at once", (role: string) => role === "admin"],
    ["answers later", async (role: string) => role === "admin"],
    [
      "answers with a function that can be awaited",
      (role: string) =>
        // biome-ignore lint/suspicious/noThenProperty: queries of some libraries are such functions
        Object.assign(() => {}, { then: (found: (is: boolean) => void) => found(role === "admin") }) as never,
    ],
    [
      "throws for users",
      (role: string) => {
        if (role === "admin") return true;
        throw new Error("no user");
      },
    ],
    [
      "rejects for users",
      async (role: string) => {
        if (role === "admin") return true;
        throw new Error("no user");
      },
    ],
  ])("is left on a demotion when the rule %s, and may be left by name", async (_what, rule) => {
    const server = await start({ roomAccess: (_room, { role }) => rule(role) });
    const client = await connect(server, "root", { transport });
    const other = await connect(server, "root", { transport });
    for (const each of [client, other]) {
      expect(await each.request("join_room", { room_id: "staff" })).toMatchObject({ ok: true });
    }
    server.sessions.setRole("root", "user");
    await expect.poll(() => membersOf(server, "staff")).toBe(0);
    server.realtime.io.of("/").to("staff").emit("secret", 1);
    await settle(client);
    expect(client.received("secret")).toEqual([]);
    expect(await client.request("leave_room", { room_id: "staff" })).toEqual({ ok: true, room_id: "staff" });
    expect(await client.request("join_room", { room_id: "staff" })).toMatchObject({ ok: false });
  });
});

it.each([
  ["no longer lists them", () => []],
  [
    "throws",
    () => {
      throw new Error("no user");
    },
  ],
])("default rooms of a namespace are left on a demotion when the rule %s", async (_what, forUsers) => {
  const server = await start();
  const rooms = ({ role }: { role: string }) => (role === "admin" ? ["all", "staff"] : forUsers());
  server.realtime.namespace(defineNamespace({ path: "/office", access: "user", requests: {}, rooms }));
  const client = await connect(server, "root", { namespace: "/office" });
  const office = server.realtime.io.of("/office").adapter.rooms;
  expect(office.get("staff")?.size).toBe(1);
  server.sessions.setRole("root", "user");
  await expect.poll(() => office.get("staff")?.size).toBe(undefined);
  expect(client.socket.connected).toBe(true);
});

describe("rooms", () => {
  it("that are still open to the user are kept, like those in which the server has put the socket", async () => {
    const server = await start({ roomAccess: (room, { role }) => room === "lobby" || role === "admin" });
    const client = await connect(server, "root");
    for (const room_id of ["lobby", "staff"]) await client.request("join_room", { room_id });
    server.realtime.io.of("/").socketsJoin("everybody");
    server.sessions.setRole("root", "user");
    await expect.poll(() => membersOf(server, "staff")).toBe(0);
    expect(membersOf(server, "lobby")).toBe(1);
    expect(membersOf(server, "everybody")).toBe(1);
    expect(membersOf(server, "user_general")).toBe(1);
  });

  it("are judged again when the application tells of a change that the session does not show", async () => {
    const team = new Set(["ada"]);
    const server = await start({ roomAccess: (_room, { userId }) => team.has(userId) });
    const client = await connect(server, "ada");
    await client.request("join_room", { room_id: "team" });
    await server.realtime.sessionChanged({ userId: "ada" });
    expect(membersOf(server, "team")).toBe(1);
    team.delete("ada");
    await server.realtime.sessionChanged({ userId: "ada" });
    expect(membersOf(server, "team")).toBe(0);
  });

  it("are not joined on an answer from before such a change", async () => {
    const team = new Set(["ada"]);
    const latch = createLatch();
    const server = await start({
      async roomAccess(_room, { userId }) {
        const isMember = team.has(userId);
        await latch.pass();
        return isMember;
      },
    });
    const client = await connect(server, "ada");
    const joining = client.request("join_room", { room_id: "team" });
    await latch.reached;
    team.delete("ada");
    await server.realtime.sessionChanged({ userId: "ada" });
    latch.open();
    expect((await joining).error.code).toBe("room_forbidden");
    expect(membersOf(server, "team")).toBe(0);
  });

  it("that the server fills are not left by name, nor is the socket's own", async () => {
    const server = await start({ roomAccess: () => true });
    const client = await connect(server, "ada");
    for (const room_id of ["user_general", "user:ada", client.socket.id ?? ""]) {
      for (const event of ["leave_room", "join_room"]) {
        expect((await client.request(event, { room_id })).error.code).toBe("room_forbidden");
      }
    }
    expect(await client.request("leave_room", { room_id: "never-joined" })).toMatchObject({ ok: true });
  });
});

/** A server that stores the audit lines of root only once the latch is opened, with a task and a session as targets. */
async function startWithSlowAudit() {
  const store = createMemoryStore();
  const latch = createLatch();
  const put = async (events: readonly SecurityEvent[]) => {
    if (events.some(({ type }) => type === "admin_action") && events[0]?.user_id === "root") await latch.pass();
    await store.securityEvents.put(events);
  };
  const cancelled: string[] = [];
  const server = await start({
    store: { ...store, securityEvents: { ...store.securityEvents, put } },
    tasks: { cancel: ({ task_id }) => void cancelled.push(task_id) },
  });
  const ada = await connect(server, "ada");
  await server.realtime.progress.create({ task_id: "task", kind: "t", title: "T", owner_id: "ada" });
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const since = new Date().toISOString();
  await store.blocks.put({ place: "user:eve", since, until, by: "root", note: "before" });
  return { server, latch, ada, store, cancelled };
}

type Scene = Awaited<ReturnType<typeof startWithSlowAudit>>;

/** The subjects that the store has blocked, apart from root. */
const blocked = async ({ store }: Scene): Promise<string[]> => {
  const blocks = await store.blocks.list(new Date().toISOString());
  return blocks.map(({ place }) => place).filter((place) => place !== "user:root");
};

/** Every command, and how to observe its effect. */
const commands: [string, (scene: Scene) => object, (scene: Scene) => Promise<unknown>, unknown][] = [
  ["disconnect_user", () => ({ user_id: "ada", reason: "r" }), async ({ ada }) => ada.socket.connected, true],
  [
    "revoke_session",
    ({ ada }) => ({ session_ref: ada.session.ref }),
    async ({ server, ada }) => {
      const value = ada.session.cookie.replace("test.sid=", "");
      return typeof (await server.sessions.resolve({ kind: "cookie", value }));
    },
    "object",
  ],
  ["cancel_task", () => ({ task_id: "task" }), async ({ cancelled }) => cancelled, []],
  ["add_block", () => ({ subject: "user", id: "ada", seconds: 600, reason: "r" }), blocked, ["user:eve"]],
  ["lift_block", () => ({ subject: "user", id: "eve" }), blocked, ["user:eve"]],
  [
    "admin_notification",
    () => ({ audience: { user_id: "ada" }, notification: { type: "news", title: "News" } }),
    async ({ ada }) => (await ada.request("sync_notifications", { after: 0 })).notifications,
    [],
  ],
];

/** Ways in which an administrator stops being one. */
const losses: [string, (scene: Scene, session: { ref: string }) => unknown][] = [
  ["was demoted", ({ server }) => server.sessions.setRole("root", "user")],
  ["was signed out", ({ server }, { ref }) => server.sessions.end({ ref }, "signed_out")],
  ["was banned", ({ server }) => server.sessions.end({ userId: "root" }, "banned")],
  [
    "was blocked by another one",
    async ({ server }) => {
      const { cookie } = server.sessions.signIn({ userId: "chief", role: "admin" });
      const chief = await connectClient(server.url, { cookie, namespace: "/admin" });
      onTestFinished(() => chief.close());
      await chief.request("add_block", { subject: "user", id: "root", seconds: 600, reason: "r" });
    },
  ],
];

describe.each(commands)("%s", (event, payload, effect, untouched) => {
  it.each(losses)("does nothing for an administrator who %s while its line was stored", async (_what, lose) => {
    const scene = await startWithSlowAudit();
    const admin = await connect(scene.server, "root", { namespace: "/admin" });
    admin.socket.emit(event, payload(scene));
    await scene.latch.reached;
    await lose(scene, admin.session);
    await admin.disconnected();
    scene.latch.open();
    const denied = async () =>
      (await scene.store.securityEvents.list({ type: "admin_denied" })).rows.map((row) => row.event);
    await expect.poll(denied).toEqual([event]);
    await settle(scene.ada);
    expect(await effect(scene)).toEqual(untouched);
  });
});

it("what was read for an administrator is not answered to one who is demoted while it is read", async () => {
  const store = createMemoryStore();
  const latch = createLatch();
  const list: typeof store.tasks.list = async (filter) => {
    await latch.pass();
    return store.tasks.list(filter);
  };
  const server = await start({ store: { ...store, tasks: { ...store.tasks, list } } });
  const admin = await connect(server, "root", { namespace: "/admin" });
  admin.socket.emit("list_tasks", {});
  await latch.reached;
  server.sessions.setRole("root", "user");
  await admin.disconnected();
  latch.open();
  const denied = async () => (await store.securityEvents.list({ type: "admin_denied" })).rows.map(({ event }) => event);
  await expect.poll(denied).toEqual(["list_tasks"]);
});
