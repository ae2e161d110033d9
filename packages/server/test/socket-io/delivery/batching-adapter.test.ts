/** The guarantees of Socket.IO for broadcasts hold for this adapter too, on both transports. */
import { once } from "node:events";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { defineNamespace } from "../../../src/index.ts";
import type { RealtimeNamespace, RealtimeSocket } from "../../../src/socket-io/socket.ts";
import { connectClient, transports } from "../../../src/testing/index.ts";
import { clientWebSocketOf, serverSocketOf, startOpenServer, turn } from "./fixture.ts";
import { type Name, names, startQuartet } from "./four-client-fixture.ts";

/** The receivers of a message when `bob` is the sending socket. */
const audiences: [rule: string, send: (all: RealtimeNamespace, bob: RealtimeSocket) => void, receivers: Name[]][] = [
  ["to nobody in particular reaches all", (all) => all.emit("news"), names],
  ["to a room reaches its members", (all) => all.to("left").emit("news"), ["ada", "bob"]],
  ["in a room reaches its members", (all) => all.in("right").emit("news"), ["bob", "cyd"]],
  ["to two rooms reaches each once", (all) => all.to("left").to("right").emit("news"), ["ada", "bob", "cyd"]],
  ["to a list of rooms reaches each once", (all) => all.to(["right", "left"]).emit("news"), ["ada", "bob", "cyd"]],
  ["to an empty room reaches nobody", (all) => all.to("empty").emit("news"), []],
  ["to an empty room and another reaches that", (all) => all.to(["empty", "left"]).emit("news"), ["ada", "bob"]],
  ["except a room spares its members", (all) => all.except("left").emit("news"), ["cyd", "dan"]],
  ["to a room except another spares who is in both", (all) => all.to("left").except("right").emit("news"), ["ada"]],
  ["except a list of rooms spares them all", (all) => all.except(["left", "right"]).emit("news"), ["dan"]],
  ["to a socket's own id reaches it", (all, bob) => all.to(bob.id).emit("news"), ["bob"]],
  ["except a socket's own id spares it", (all, bob) => all.except(bob.id).emit("news"), ["ada", "cyd", "dan"]],
  ["of a socket does not come back to it", (_, bob) => bob.broadcast.emit("news"), ["ada", "cyd", "dan"]],
  ["of a socket to a room does not come back", (_, bob) => bob.to("left").emit("news"), ["ada"]],
  ["of a socket except a room spares both", (_, bob) => bob.except("right").emit("news"), ["ada", "dan"]],
  ["that is local reaches those here", (all) => all.local.emit("news"), names],
  ["that is volatile reaches who can take it", (all) => all.volatile.to("left").emit("news"), ["ada", "bob"]],
  ["that wants compression arrives", (all) => all.compress(true).to("left").emit("news"), ["ada", "bob"]],
  ["that wants no compression arrives", (all) => all.compress(false).to("left").emit("news"), ["ada", "bob"]],
];

describe.each(transports)("over %s", (transport) => {
  it.each(audiences)("a broadcast %s", async (_rule, send, receivers) => {
    const { all, members, settle, news } = await startQuartet(transport);
    send(all, members.bob.socket);
    await settle();
    expect(names.flatMap((name) => news(name).map(() => name))).toEqual(receivers);
  });

  it("a broadcast that asks for answers gets one of each member, after what was sent before it", async () => {
    const { all, members, news } = await startQuartet(transport);
    for (const name of names) {
      members[name].client.socket.on("question", (acknowledge) => acknowledge(`${name} has ${news(name).length}`));
    }
    all.emit("news");
    const answers = await all.to("left").timeout(2000).emitWithAck("question");
    expect(answers.sort()).toEqual(["ada has 1", "bob has 1"]);
  });

  it("a broadcast that asks for answers gives up in time, with those that it has", async () => {
    const { all, members } = await startQuartet(transport);
    members.bob.client.socket.on("question", (acknowledge) => acknowledge("bob"));
    const asked = all.to("left").timeout(300).emitWithAck("question");
    await expect(asked).rejects.toMatchObject({ message: "operation has timed out", responses: ["bob"] });
  });

  it("namespaces on one connection are apart, and each gets its own", async () => {
    const { server, all, members, settle, news } = await startQuartet(transport);
    const definition = defineNamespace({ path: "/other", access: "guest", requests: {}, rooms: () => ["left"] });
    const others = server.realtime.namespace(definition);
    const other = members.ada.client.socket.io.socket("/other");
    const heard: unknown[] = [];
    other.on("news", (payload) => heard.push(payload));
    await once(other as never, "connect");
    all.to("left").emit("news", "here");
    others.to("left").emit("news", "there");
    others.emit("news", "there again");
    all.emit("news", "here again");
    await settle();
    expect(news("ada")).toEqual(["here", "here again"]);
    expect(heard).toEqual(["there", "there again"]);
  });

  it("onAnyOutgoing listeners are called for each broadcast to their socket, once", async () => {
    const { all, members } = await startQuartet(transport);
    const heard: unknown[][] = [];
    members.bob.socket.onAnyOutgoing((...args) => heard.push(args));
    all.to(["left", "right"]).emit("news", 1);
    all.except("left").emit("news", 2);
    all.emit("news", Buffer.from("3"));
    expect(heard).toEqual([
      ["news", 1],
      ["news", Buffer.from("3")],
    ]);
  });

  it("a client that connects is notified before anything that is sent in the same turn", async () => {
    const { server, all } = await startQuartet(transport);
    all.on("connection", ({ id }) => {
      all.emit("news", 1);
      all.to(id).emit("news", 2);
    });
    const extraHeaders = { origin: server.url };
    const socket = io(server.url, { transports: [transport], extraHeaders, forceNew: true, reconnection: false });
    onTestFinished(() => void socket.close());
    const heard: unknown[] = [];
    socket.onAny((event, payload) => heard.push(event === "news" ? payload : event));
    await expect.poll(() => heard).toEqual(["connection_established", 1, 2]);
  });

  it("a client that leaves a room in the same turn gets what was sent before, and nothing after", async () => {
    const { all, members, settle, news } = await startQuartet(transport);
    all.to("left").emit("news", "before");
    void members.ada.socket.leave("left");
    all.to("left").emit("news", "after");
    void members.dan.socket.join("left");
    all.to("left").emit("news", "last");
    await settle();
    expect(news("ada")).toEqual(["before"]);
    expect(news("bob")).toEqual(["before", "after", "last"]);
    expect(news("dan")).toEqual(["last"]);
  });

  it.each<[how: string, end: (socket: RealtimeSocket) => void]>([
    ["disconnected from its namespace", (socket) => socket.disconnect()],
    ["disconnected", (socket) => socket.disconnect(true)],
    ["closed", (socket) => void socket.conn.close()],
  ])("a client that is %s in the same turn gets what was sent before", async (_how, end) => {
    const { all, members, settle, news } = await startQuartet(transport);
    all.emit("news", 1);
    members.ada.socket.emit("news", 2);
    all.to("left").emit("news", 3);
    end(members.ada.socket);
    all.emit("news", 4);
    await members.ada.client.disconnected();
    expect(news("ada")).toEqual([1, 2, 3]);
    await settle("bob");
    expect(news("bob")).toEqual([1, 3, 4]);
  });

  it("a client that disconnects in the same turn does not affect what other clients receive", async () => {
    const { all, members, settle, news } = await startQuartet(transport);
    all.emit("news", 1);
    members.ada.client.close();
    await turn();
    all.emit("news", 2);
    await settle("bob", "cyd", "dan");
    for (const name of ["bob", "cyd", "dan"] as const) expect(news(name)).toEqual([1, 2]);
    await expect.poll(() => all.sockets.size).toBe(3);
  });

  it("sockets are found, moved and disconnected by the rooms that they are in", async () => {
    const { all, members, settle, news } = await startQuartet(transport);
    const found = await all.in("left").except("right").fetchSockets();
    expect(found.map(({ id }) => id)).toEqual([members.ada.socket.id]);
    all.in("right").socketsJoin(["third", "fourth"]);
    all.to("third").emit("news");
    all.in("left").socketsLeave("third");
    all.to("third").emit("news");
    await settle();
    expect(names.map((name) => news(name).length)).toEqual([0, 1, 2, 0]);
    all.to("fourth").emit("farewell");
    all.in("fourth").disconnectSockets(true);
    for (const name of ["bob", "cyd"] as const) {
      await members[name].client.disconnected();
      expect(members[name].client.received("farewell")).toHaveLength(1);
    }
    expect(all.sockets.size).toBe(2);
  });
});

it("a volatile packet is dropped for a client that does not read, and no other packet is", async () => {
  const server = await startOpenServer({ SIGNALBOX_MAX_BUFFERED_BYTES: "50000000" });
  onTestFinished(() => server.close());
  const client = await connectClient(server.url);
  onTestFinished(() => client.close());
  const socket = serverSocketOf(server, client.socket.id);
  const webSocket = clientWebSocketOf(client);
  webSocket.pause();
  let sent = 0;
  // Until a packet of the ordinary path is in flight that TCP does not accept.
  while (socket.conn.transport.writable) {
    server.realtime.io.emit("news", "y".repeat(250_000));
    socket.emit("news", "small");
    sent += 2;
    await turn();
    await turn();
  }
  for (let n = 0; n < 10; n += 1) server.realtime.io.volatile.emit("rumour", n);
  server.realtime.io.emit("news", "after");
  webSocket.resume();
  socket.emit("settle");
  await client.next("settle");
  expect(client.received("news")).toHaveLength(sent + 1);
  expect(client.received("rumour")).toEqual([]);
});
