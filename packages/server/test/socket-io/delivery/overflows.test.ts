/**
 * A client that does not read packets that cannot be dropped is closed with a code, soon removed, and affects no other
 * client.
 */
import { expect, it, onTestFinished } from "vitest";
import type { WebSocket } from "ws";
import { bufferedBytes } from "../../../src/socket-io/internals/engine-clients.ts";
import type { RealtimeSocket } from "../../../src/socket-io/socket.ts";
import {
  connectClient,
  createFakeClock,
  startStopwatch,
  startTestServer,
  type TestServer,
} from "../../../src/testing/index.ts";
import { openRaw, openSid, pollingPath } from "../../hostile/raw-socket.ts";
import { openEnv, startOpenServer, turn, webSocketOf } from "./fixture.ts";

const maxBytes = 1_000_000;

async function start() {
  const clock = createFakeClock();
  const server = await startTestServer({ clock, env: openEnv });
  onTestFinished(() => server.close());
  return { server, clock };
}

interface Sleeper {
  /** The client's end, which does not read. */
  readonly webSocket: WebSocket;
  readonly socket: RealtimeSocket;
  /** Whether the server has closed the TCP connection. */
  isGone(): boolean;
}

/** A client on WebSocket that has stopped reading. */
async function openSleeper(server: TestServer): Promise<Sleeper> {
  const { socket: webSocket, send, next } = await openRaw(server);
  send("40");
  const connected = await next((frame) => frame.startsWith('40{"sid"'));
  await next((frame) => frame.includes("connection_established"));
  const socket = server.realtime.io.of("/").sockets.get(JSON.parse(connected.slice(2)).sid);
  if (socket === undefined) throw new Error("The server has no such socket.");
  webSocket.pause();
  const { _socket } = webSocketOf(socket);
  return { webSocket, socket, isGone: () => _socket.destroyed };
}

const connections = ({ realtime }: TestServer): number => realtime.io.engine.clientsCount;

/** Sends until TCP accepts no more and this many bytes wait. */
async function fill({ realtime }: TestServer, { socket }: Sleeper, bytes: number): Promise<void> {
  while (socket.connected && bufferedBytes(socket.conn) < bytes) {
    realtime.io.to(socket.id).emit("news", "y".repeat(50_000));
    await turn();
  }
}

it.each<[what: string, send: (socket: RealtimeSocket, text: string) => void]>([
  ["broadcasts", ({ nsp, id }, text) => nsp.to(id).emit("news", text)],
  ["events of its own", (socket, text) => socket.emit("news", text)],
  ["attachments", ({ nsp, id }, text) => nsp.to(id).emit("news", Buffer.from(text))],
  ["both in turn", (socket, text) => void (socket.emit("news", text) && socket.nsp.to(socket.id).emit("news", text))],
])(
  "a client that does not read %s is closed above SIGNALBOX_MAX_BUFFERED_BYTES, and not below",
  async (_what, send) => {
    const { server } = await start();
    const sleeper = await openSleeper(server);
    const { socket } = sleeper;
    await fill(server, sleeper, 1);
    let largest = 0;
    while (socket.connected) {
      largest = Math.max(largest, bufferedBytes(socket.conn));
      send(socket, "y".repeat(10_000));
      await turn();
    }
    expect(largest).toBeGreaterThan(maxBytes - 25_000);
    // The packet that exceeds the limit may be in the buffer already.
    expect(largest).toBeLessThan(maxBytes + 20_000);
    expect(connections(server)).toBe(0);
    // The packets in Engine.IO's queue are released at once; those of TCP are released with the connection.
    await turn();
    expect(bufferedBytes(socket.conn)).toBeLessThanOrEqual(maxBytes + 25_000);
  },
);

it("a burst within one turn is bounded as well: its packets are released where the limit is exceeded", async () => {
  const { server } = await start();
  const { socket } = await openSleeper(server);
  let largest = 0;
  for (let n = 0; n < 20_000 && socket.connected; n += 1) {
    server.realtime.io.emit("news", n, "y".repeat(1000));
    largest = Math.max(largest, bufferedBytes(socket.conn));
  }
  expect(socket.connected).toBe(false);
  expect(largest).toBeLessThan(maxBytes + 65_536 + 2000);
});

it("a client that reads on after an overflow gets what was written, in order, and then code 1013 with the reason", async () => {
  const { server } = await start();
  const sleeper = await openSleeper(server);
  const numbers: number[] = [];
  sleeper.webSocket.on("message", (data) => {
    const frame = String(data);
    if (frame.startsWith('42["news"')) numbers.push(JSON.parse(frame.slice(2))[1]);
  });
  for (let n = 0; sleeper.socket.connected; n += 1) {
    server.realtime.io.emit("news", n, "y".repeat(10_000));
    await turn();
  }
  const closed = new Promise((resolve) => sleeper.webSocket.once("close", (...args) => resolve(args)));
  sleeper.webSocket.resume();
  const [code, reason] = (await closed) as [number, Buffer];
  expect([code, String(reason)]).toEqual([1013, "slow_reader"]);
  expect(numbers.length).toBeGreaterThan(50);
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

it("an overflow is counted and logged, and other members notice nothing", async () => {
  const { server } = await start();
  const reader = await connectClient(server.url);
  onTestFinished(() => reader.close());
  const sleeper = await openSleeper(server);
  let sent = 0;
  for (; sleeper.socket.connected; sent += 1) {
    server.realtime.io.emit("news", sent, "y".repeat(10_000));
    await turn();
  }
  server.realtime.io.emit("news", sent);
  await expect.poll(() => reader.received("news").length).toBe(sent + 1);
  expect(reader.received("news")).toEqual(Array.from({ length: sent + 1 }, (_, n) => n));
  const exposed = await (await fetch(`${server.url}/metrics`)).text();
  expect(exposed).toMatch(/^signalbox_overflows_total 1$/m);
  expect(exposed).toMatch(/^signalbox_slow_connections 0$/m);
  expect(exposed).toMatch(/^signalbox_connections 1$/m);
  expect(server.logged).toContainEqual(
    expect.objectContaining({
      fields: expect.objectContaining({
        request_id: expect.any(String),
        security: expect.objectContaining({ type: "rate_limited", detail: expect.stringContaining("did not read") }),
      }),
    }),
  );
});

it("the TCP connection of a client that is closed and does not read ends after two seconds, not after thirty", async () => {
  const { server } = await start();
  const ends: ((sleeper: Sleeper) => unknown)[] = [
    ({ socket }) => socket.disconnect(true),
    ({ socket }) => socket.conn.close(),
    (sleeper) => fill(server, sleeper, Number.POSITIVE_INFINITY),
  ];
  const sleepers = await Promise.all(ends.map(() => openSleeper(server)));
  for (const sleeper of sleepers) await fill(server, sleeper, 500_000);
  for (const [index, end] of ends.entries()) void end(sleepers[index] as Sleeper);
  await expect.poll(() => connections(server)).toBe(0);
  expect(sleepers.map(({ isGone }) => isGone())).toEqual([false, false, false]);
  await expect.poll(() => sleepers.every(({ isGone }) => isGone())).toBe(true);
});

it("a server that closes waits half a second for a client that does not read, and no longer", async () => {
  const server = await startOpenServer();
  const sleeper = await openSleeper(server);
  await fill(server, sleeper, 500_000);
  const elapsed = startStopwatch();
  await server.close();
  expect(elapsed()).toBeLessThan(1500);
  expect(sleeper.isGone()).toBe(true);
});

it("a client that does not poll is closed above SIGNALBOX_MAX_BUFFERED_BYTES, and not below", async () => {
  const { server, clock } = await start();
  const sid = await openSid(server);
  const headers = { Origin: server.url, "Content-Type": "text/plain" };
  await fetch(`${server.url}${pollingPath(sid)}`, { method: "POST", headers, body: "40" });
  await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
  server.realtime.io.emit("news", "y".repeat(900_000));
  await turn();
  clock.advance(1000);
  expect(connections(server)).toBe(1);
  server.realtime.io.emit("news", "y".repeat(200_000));
  await turn();
  clock.advance(250);
  expect(connections(server)).toBe(0);
  expect(server.realtime.io.of("/").sockets.size).toBe(0);
});
