/** Notifications over real sockets, on both transports. */
import { once } from "node:events";
import { createConnection } from "node:net";
import type { Notice, Notification } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import {
  connectClient,
  fetchClientConfig,
  startTestServer,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

const hello: Notice = { type: "test", title: "Hello" };

async function start(): Promise<TestServer> {
  const server = await startTestServer({ roomAccess: () => true });
  onTestFinished(() => server.close());
  return server;
}

const seqs = (client: TestClient): number[] =>
  (client.received("notification") as Notification[]).map(({ seq }) => seq);
const lastUnread = (client: TestClient): unknown => client.received("unread_update").at(-1);

describe.each(transports)("over %s", (transport) => {
  async function connect(server: TestServer, userId: string, role: "user" | "admin" = "user", namespace = "/") {
    const { cookie } = server.sessions.signIn({ userId, role });
    const client = await connectClient(server.url, { cookie, transport, namespace });
    onTestFinished(() => client.close());
    return client;
  }

  it("a hundred at once arrive in order, each once, in every tab", async () => {
    const server = await start();
    const tabs = [await connect(server, "ada"), await connect(server, "ada")];
    const { notify } = server.realtime;
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 3 ? notify.user("ada", hello) : notify.everyone(hello))),
    );
    const expected = Array.from({ length: 100 }, (_, index) => index + 1);
    for (const tab of tabs) await expect.poll(() => seqs(tab)).toEqual(expected);
  });

  it("a notification for everyone while no client is connected does not delay the notifications after it", async () => {
    const server = await start();
    const { notify } = server.realtime;
    await notify.everyone(hello);
    const ada = await connect(server, "ada");
    await notify.user("ada", hello);
    await expect.poll(() => seqs(ada)).toEqual([1, 2]);
  });

  it("a user who was away receives their notifications on return, in order, across a restart", async () => {
    const store = createMemoryStore();
    const before = await startTestServer({ store });
    for (const title of ["1", "2", "3"]) await before.realtime.notify.user("ada", { ...hello, title });
    await before.close();
    const server = await startTestServer({ store });
    onTestFinished(() => server.close());
    const ada = await connect(server, "ada");
    const { notifications, unread } = await ada.request("sync_notifications", { after: 1 });
    expect(notifications.map(({ seq, title }: Notification) => [seq, title])).toEqual([
      [2, "2"],
      [3, "3"],
    ]);
    expect(unread).toBe(3);
  });

  it("two tabs show the same count of unread notifications within two seconds", async () => {
    const server = await start();
    const [one, two] = [await connect(server, "ada"), await connect(server, "ada")];
    for (let index = 0; index < 3; index += 1) await server.realtime.notify.user("ada", hello);
    for (const tab of [one, two]) {
      await expect.poll(() => lastUnread(tab)).toEqual({ unread: 3, latest_seq: 3, acknowledged_seq: 0, read_seq: 0 });
    }
    expect(await one.request("read_notifications", { seq: 2 })).toEqual({ ok: true, unread: 1 });
    for (const tab of [one, two]) {
      await expect.poll(() => lastUnread(tab)).toEqual({ unread: 1, latest_seq: 3, acknowledged_seq: 2, read_seq: 2 });
    }
    expect(await two.request("read_notifications", { seq: 1 })).toEqual({ ok: true, unread: 1 });
  });

  it("a notification for administrators reaches them, and no other user learns of it", async () => {
    const server = await start();
    const [ada, root] = [await connect(server, "ada"), await connect(server, "root", "admin")];
    await server.realtime.notify.role("admin", hello);
    await expect.poll(() => seqs(root)).toEqual([1]);
    await server.realtime.notify.user("ada", { ...hello, title: "yours" });
    await expect
      .poll(() => ada.received("notification"))
      .toEqual([expect.objectContaining({ seq: 1, title: "yours" })]);
    expect(await ada.request("sync_notifications", { after: 0 })).toMatchObject({ latest_seq: 1, unread: 1 });
    server.sessions.setRole("root", "user");
    const demoted = await connect(server, "root");
    const page = await demoted.request("sync_notifications", { after: 0 });
    expect(page).toMatchObject({ notifications: [], latest_seq: 0, unread: 0 });
  });

  it("a notice for a room reaches those who are in it, each person once", async () => {
    const server = await start();
    const [one, two, bob] = [await connect(server, "ada"), await connect(server, "ada"), await connect(server, "bob")];
    for (const tab of [one, two]) await tab.request("join_room", { room_id: "lobby" });
    await server.realtime.notify.room("lobby", hello);
    for (const tab of [one, two]) await expect.poll(() => seqs(tab)).toEqual([1]);
    expect(await bob.request("sync_notifications", { after: 0 })).toMatchObject({ latest_seq: 0 });
  });

  it("only an administrator may send a notification", async () => {
    const server = await start();
    const root = await connect(server, "root", "admin", "/admin");
    const notification = { ...hello, link: "javascript:alert(1)" };
    const answer = await root.request("admin_notification", { audience: "everyone", notification });
    expect(answer).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
    const ada = await connect(server, "ada");
    const refused = await ada.request("admin_notification", { audience: "everyone", notification: hello });
    expect(refused).toMatchObject({ ok: false, error: { code: "event_unknown" } });
  });
});

describe("a notice", () => {
  const web = "https://example.com/";
  it.each<[string, Partial<Notice>]>([
    ["title", { title: "x".repeat(200) }],
    ["type", { type: "x".repeat(64) }],
    ["body", { body: "x".repeat(2000) }],
    ["link", { link: web.padEnd(2048, "x") }],
    ["data", { data: "x".repeat(4094) }],
  ])("with the longest %s is taken, and one character more refused", async (field, longest) => {
    const { notify } = (await start()).realtime;
    await expect(notify.user("ada", { ...hello, ...longest })).resolves.toEqual(expect.any(String));
    const longer = { ...hello, [field]: `${longest[field as keyof Notice]}x` };
    await expect(notify.user("ada", longer)).rejects.toMatchObject({ code: "payload_invalid" });
  });

  it.each([
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "ftp://a.example/",
    "//a.example",
    "/here",
  ])("with the link %j is refused", async (link) => {
    const { notify } = (await start()).realtime;
    await expect(notify.everyone({ ...hello, link })).rejects.toMatchObject({ code: "payload_invalid" });
  });
});

describe("without a socket", () => {
  it("HTTP answers the same, to the owner alone, and changes nothing without the CSRF token", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const title = "<b>plain</b>";
    await server.realtime.notify.user("ada", { ...hello, title });
    const call = async (path: string, headers: Record<string, string>, body?: object) => {
      const method = body === undefined ? "GET" : "POST";
      const init = { method, headers: { origin: server.url, ...headers }, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${server.url}/realtime/${path}`, init);
      return { status: response.status, body: await response.json() };
    };
    const page = {
      notifications: [expect.objectContaining({ seq: 1, title })],
      latest_seq: 1,
      unread: 1,
      acknowledged_seq: 0,
      read_seq: 0,
    };
    expect(await call("notifications?after=0", { cookie })).toEqual({ status: 200, body: page });
    expect((await call("notifications?after=x", { cookie })).status).toBe(400);
    expect((await call("notifications?after=0", {})).status).toBe(401);
    expect((await call("notifications/read", { cookie }, { seq: 1 })).status).toBe(403);
    const { csrf } = (await call("client-config", { cookie })).body as { csrf: string };
    const signed = { cookie, "x-csrf-token": csrf };
    expect(await call("notifications/ack", signed, { seq: 1 })).toEqual({ status: 200, body: { unread: 1 } });
    expect(await call("notifications/read", signed, { seq: 1 })).toEqual({ status: 200, body: { unread: 0 } });
    expect((await call("notifications/ack", signed, { seq: 1, pad: "x".repeat(1024) })).status).toBe(413);
  });

  it("a client that disconnects in the middle of its request affects no other client", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const config = await fetchClientConfig(server.url, { cookie });
    const head = `POST /realtime/notifications/ack HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: ${server.url}\r\n`;
    const signed = `Cookie: ${cookie}\r\nX-CSRF-Token: ${config.csrf}\r\nContent-Length: 9\r\n\r\n{"s`;
    const socket = createConnection(server.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(head + signed);
    await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0);
    await fetchClientConfig(server.url, { cookie });
    socket.destroy();
    await once(socket, "close");
    await fetchClientConfig(server.url, { cookie });
    expect(server.logged.filter(({ level }) => level === "error")).toEqual([]);
  });
});
