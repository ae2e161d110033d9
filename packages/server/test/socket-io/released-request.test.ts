/** The request that opened a connection, with its headers and cookies, is released before the connection ends. */
import type { IncomingMessage } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Socket as EngineSocket } from "engine.io";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectClient, startTestServer, transports } from "../../src/testing/index.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

it("the frame that brought a connection's token does not stay in memory either", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const client = await connectClient(server.url, { cookie, transport: "websocket" });
  onTestFinished(() => client.close());
  const [socket] = server.realtime.io.of("/").sockets.values();
  // Since 8.23 `ws` releases it by itself: the mask of a frame is a view of all data that was read with it.
  type Receiver = { _mask: Uint8Array | undefined; _buffers: Buffer[] };
  const transport = socket?.conn.transport as unknown as { socket: { _receiver: Receiver } };
  await expect.poll(() => transport.socket._receiver).toMatchObject({ _mask: undefined, _buffers: [] });
  expect(await client.request("check_connection", {})).toMatchObject({ ok: true });
});

describe.each(transports)("over %s", (transport) => {
  async function connected() {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const requests: WeakRef<IncomingMessage>[] = [];
    server.realtime.io.engine.on("connection", (conn: EngineSocket) => requests.push(new WeakRef(conn.request)));
    const { cookie } = server.sessions.signIn({ userId: "ada", role: "admin" });
    const client = await connectClient(server.url, { cookie, transport, headers: { "x-large": "y".repeat(2000) } });
    onTestFinished(() => client.close());
    await client.next("connection_established");
    const [socket] = server.realtime.io.of("/").sockets.values();
    if (socket === undefined) throw new Error("The client has no socket.");
    return { server, client, socket, requests };
  }

  it("the request of an idle connection is collected", async () => {
    const { requests } = await connected();
    expect(requests).toHaveLength(1);
    await expect
      .poll(() => {
        collectGarbage();
        return requests.map((request) => request.deref());
      })
      .toEqual([undefined]);
  });

  it("nothing of its credentials is left in the handshake, while those who listen for connections read it at once", async () => {
    const { server, socket } = await connected();
    expect(JSON.stringify(socket.handshake)).not.toContain("test.sid");
    expect(socket.handshake).toMatchObject({ headers: {}, auth: {}, query: {} });
    const seen: unknown[] = [];
    server.realtime.io.of("/").on("connection", ({ handshake }) => seen.push(handshake.headers["x-large"]));
    const { cookie } = server.sessions.signIn({ userId: "bob" });
    const other = await connectClient(server.url, { cookie, transport, headers: { "x-large": "mine" } });
    onTestFinished(() => other.close());
    await expect.poll(() => seen).toEqual(["mine"]);
  });

  it("another namespace is joined with the credential that was found in it", async () => {
    const { server, client, socket } = await connected();
    await expect.poll(() => socket.handshake.headers).toEqual({});
    const admin = client.socket.io.socket("/admin", { auth: client.socket.auth as object });
    onTestFinished(() => void admin.close());
    const who = await new Promise((resolve, reject) => {
      admin.once("connection_established", resolve);
      admin.once("connect_error", reject);
    });
    expect(who).toMatchObject({ user_id: "ada", role: "admin" });
    expect(server.realtime.io.of("/admin").sockets.size).toBe(1);
  });
});
