import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient, startTestServer, type TestServer, transports } from "../../src/testing/index.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(transports)("Flask-SocketIO compatibility, over %s", (transport) => {
  it("broadcasts reach a task's watchers by the bare task id and by task_<id>, and no other client", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const [watcher, other] = [
      await connectClient(server.url, { cookie, transport }),
      await connectClient(server.url, { cookie, transport }),
    ];
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
    await watcher.request("join_task", { task_id });
    server.realtime.legacy.emit("custom", 1, { room: task_id });
    server.realtime.legacy.emit("custom", 2, { room: `task_${task_id}` });
    server.realtime.legacy.emit("custom", 3);
    expect([await watcher.next("custom"), await watcher.next("custom"), await watcher.next("custom")]).toEqual([
      1, 2, 3,
    ]);
    expect(await other.next("custom")).toBe(3);
    watcher.close();
    other.close();
  });

  it("errors have message and code", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, transport });
    client.socket.emit("get_task_status", { task_id: "none" });
    expect(await client.next("error")).toMatchObject({ message: "This task does not exist.", code: "task_not_found" });
    client.close();
  });

  it.each([[{ timestamp: 1 }], [undefined], [null]])("a ping with %j is no error", async (payload) => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, transport });
    client.socket.emit("ping", ...(payload === undefined ? [] : [payload]));
    // The answer comes after the ping's effects, so they have arrived by now.
    expect(await client.request("check_connection", {})).toMatchObject({ ok: true });
    expect(client.received("error")).toEqual([]);
    client.close();
  });

  it("the admin dashboard is refused to others", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, transport });
    expect((await client.request("join_admin_dashboard")).error.code).toBe("forbidden");
    client.close();
  });
});
