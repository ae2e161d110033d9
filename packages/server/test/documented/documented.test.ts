/** Runs the code that pages in docs quote against a real server: a reader who copies it gets what the page says. */
import type { Notification, TaskSnapshot } from "@signalbox/protocol";
import type { Principal, UnacknowledgedNotice } from "@signalbox/server";
import { bearerTokens } from "@signalbox/server/bearer";
import {
  connectClient,
  createFakeClock,
  refusalOf,
  startTestServer,
  type TestClient,
  type TestServer,
} from "@signalbox/server/testing";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openChat } from "./chat.ts";
import { sessions as ownSessions, table } from "./own-sessions.ts";

const clock = createFakeClock(Date.now());
const paged: string[] = [];
const page = (userId: string, title: string): unknown => paged.push(`${userId}: ${title}`);
const usersOf = async (_audience: object | "everyone"): Promise<string[]> => ["ada", "bob"];

/** The two options of `createRealtime` that pages quote. */
const options = {
  // #region rooms
  roomAccess: (roomId: string, { userId }: Principal) => roomId === "lobby" || roomId === `team-of-${userId}`,
  // #endregion
  // #region escalation
  notifications: {
    async onUnacknowledged({ audience, notice, hasAcknowledged }: UnacknowledgedNotice) {
      const isGroup = audience === "everyone" || "role" in audience;
      const onCall = isGroup ? await usersOf(audience) : [audience.user_id];
      for (const userId of onCall) if (!(await hasAcknowledged(userId))) page(userId, notice.title);
    },
  },
  // #endregion
};

let server: TestServer;
let realtime: TestServer["realtime"];
beforeAll(async () => {
  server = await startTestServer({ ...options, clock });
  ({ realtime } = server);
});
afterAll(async () => {
  const closed = server.close();
  clock.advance(3000);
  await closed;
});

async function connect(userId: string, more: Parameters<typeof connectClient>[1] = {}): Promise<TestClient> {
  const client = await connectClient(server.url, { ...server.sessions.signIn({ userId }), ...more });
  onTestFinished(() => client.close());
  return client;
}

/** Progress is flushed when the test advances the clock. */
async function nextOf<Payload>(client: TestClient, event: string): Promise<Payload> {
  clock.advance(100);
  return client.next<Payload>(event);
}

describe("docs/tasks.md", () => {
  it("a task is made, reported and completed", async () => {
    const userId = "ada";
    // #region report
    const task = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
    await realtime.progress.report(task.task_id, { status: "running", current: 3, total: 12 });
    await realtime.progress.complete(task.task_id, { rows: 1200 });
    // #endregion
    expect(await realtime.progress.get(task.task_id)).toMatchObject({ status: "completed", result: { rows: 1200 } });
  });

  it("a failure has a code and a sentence, and a task can be handed over and forgotten", async () => {
    const client = await connect("ada");
    const { task_id: taskId } = await realtime.progress.create({ kind: "import", title: "T", owner_id: "ada" });
    await client.request("join_task", { task_id: taskId });
    // #region fail
    await realtime.progress.fail(taskId, { code: "file_unreadable", message: "The file is no table." });
    // #endregion
    const { error } = await nextOf<TaskSnapshot>(client, "task_error");
    expect(error).toEqual({ code: "file_unreadable", message: "The file is no table." });
  });

  it("lists are of one owner, newest first", async () => {
    const userId = "carl";
    await realtime.progress.create({ kind: "import", title: "Of Carl", owner_id: userId });
    // #region list
    const { rows } = await realtime.progress.list({ ownerId: userId, active: true, limit: 20 });
    // #endregion
    expect(rows.map(({ title }) => title)).toEqual(["Of Carl"]);
  });
});

describe("docs/notifications.md", () => {
  it("notices reach a user, a role, a room and everyone", async () => {
    const userId = "dora";
    const link = "https://app.example.com/batches/1";
    const [dora, admin] = [
      await connect("dora"),
      await connectClient(server.url, server.sessions.signIn({ userId: "root", role: "admin" })),
    ];
    onTestFinished(() => admin.close());
    await dora.request("join_room", { room_id: "lobby" });
    // #region notify
    await realtime.notify.user(userId, { type: "batch_finished", title: "Your pictures are ready", link });
    await realtime.notify.role("admin", { type: "disk", title: "The disk is nearly full", priority: "high" });
    await realtime.notify.room("lobby", { type: "chat", title: "The lobby closes at six" });
    await realtime.notify.everyone({ type: "maintenance", title: "Down at 22:00", requires_ack: true });
    // #endregion
    const titles = async (client: TestClient, count: number): Promise<string[]> => {
      const arrived: string[] = [];
      while (arrived.length < count) arrived.push((await client.next<Notification>("notification")).title);
      return arrived;
    };
    expect(await titles(dora, 3)).toEqual(["Your pictures are ready", "The lobby closes at six", "Down at 22:00"]);
    expect(await titles(admin, 2)).toEqual(["The disk is nearly full", "Down at 22:00"]);
  });

  it("a critical notification without an acknowledgement is escalated to the application", async () => {
    await realtime.notify.user("erna", { type: "alarm", title: "The pump has stopped", priority: "critical" });
    clock.advance(300_000);
    // Once a real request that comes later is answered, the check for escalations that began before it is done.
    await fetch(`${server.url}/livez`);
    clock.advance(1000);
    await expect.poll(() => paged).toEqual(["erna: The pump has stopped"]);
  });
});

describe("docs/operation.md", () => {
  it("the data of a user is exported and erased", async () => {
    const userId = "gina";
    await realtime.progress.create({ kind: "import", title: "Of Gina", owner_id: userId });
    // #region export
    const data = await realtime.users.export(userId);
    // #endregion
    expect(data.tasks).toMatchObject([{ title: "Of Gina" }]);
    // #region erase
    const { tasks, notifications, kept } = await realtime.users.erase(userId);
    // #endregion
    expect([tasks, notifications, kept]).toEqual([1, 0, []]);
  });
});

describe("docs/sessions.md", () => {
  it("sessions of one's own open a connection, and end it", async () => {
    const own = await startTestServer({ sessions: ownSessions as never });
    onTestFinished(() => own.close());
    const user = { id: "ada", name: "Ada", isAdmin: false };
    table.insert({ id: "1", token: "abc", user, expiresAt: Date.now() + 60_000 });
    table.insert({ id: "2", token: "old", user, expiresAt: Date.now() - 1 });
    const client = await connectClient(own.url, { cookie: "sid=abc" });
    onTestFinished(() => client.close());
    expect(await client.next("connection_established")).toMatchObject({ user_id: "ada", username: "Ada" });
    expect(await refusalOf(own.url, { cookie: "sid=old", auth: {} })).toMatchObject({ code: "session_expired" });
    await table.delete("1");
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason: "signed_out" });
  });

  it("the application reports a session change that its source cannot announce", async () => {
    const { cookie, ref } = server.sessions.signIn({ userId: "fred" });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
    const userId = "fred";
    server.sessions.forget(ref);
    // #region changed
    await realtime.sessionChanged({ userId, reason: "banned" });
    // #endregion
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason: "banned" });
  });

  it("tokens of another service open a connection", async () => {
    const { privateKey, publicKey: key } = await generateKeyPair("RS256");
    // #region bearer
    const sessions = bearerTokens({
      key, // or createRemoteJWKSet(new URL("https://login.example.com/jwks.json")) of jose
      algorithms: ["RS256"],
      issuer: "https://login.example.com",
      audience: "my-application",
      userOf: ({ sub, name }) => (sub === undefined ? undefined : { userId: sub, username: String(name ?? sub) }),
    });
    // #endregion
    const own = await startTestServer({ sessions: sessions as never });
    onTestFinished(() => own.close());
    const token = await new SignJWT({ sub: "ada", name: "Ada" })
      .setProtectedHeader({ alg: "RS256" })
      .setIssuer("https://login.example.com")
      .setAudience("my-application")
      .setExpirationTime("1m")
      .sign(privateKey);
    const client = await connectClient(own.url, { auth: { token } });
    onTestFinished(() => client.close());
    expect(await client.next("connection_established")).toMatchObject({ username: "Ada" });
  });
});

describe("pages for users of other libraries", () => {
  it("rooms are those that the application opens", async () => {
    const ada = await connect("ada");
    expect(await ada.request("join_room", { room_id: "team-of-ada" })).toMatchObject({ ok: true });
    expect(await ada.request("join_room", { room_id: "team-of-bob" })).toMatchObject({
      error: { code: "room_forbidden" },
    });
  });

  it("a namespace of one's own has a schema for each event", async () => {
    openChat(realtime);
    const [ada, bob] = [await connect("ada", { namespace: "/chat" }), await connect("bob", { namespace: "/chat" })];
    for (const client of [ada, bob]) await client.request("enter", { room: "green" });
    expect(await ada.request("say", { room: "green", text: "Hello" })).toEqual({ ok: true });
    expect(await bob.next("said")).toEqual({ by: "ada", text: "Hello" });
    expect(await ada.request("say", { room: "green", text: "" })).toMatchObject({ error: { code: "payload_invalid" } });
    expect(await ada.request("say", { room: "blue", text: "Hi" })).toMatchObject({ error: { code: "room_forbidden" } });
  });

  it("the broadcasts of Flask-SocketIO reach the watchers of the task", async () => {
    const client = await connect("ada");
    const { task_id: taskId } = await realtime.progress.create({ kind: "import", title: "T", owner_id: "ada" });
    await client.request("join_task", { task_id: taskId });
    const rows = 40;
    // #region legacy
    realtime.legacy.emit("rows_counted", { task_id: taskId, rows }, { room: taskId });
    // #endregion
    expect(await client.next("rows_counted")).toEqual({ task_id: taskId, rows });
  });
});
