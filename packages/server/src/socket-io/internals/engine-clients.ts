import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { ignoreErrors } from "../../http/ignore-errors.ts";
import { coalesceWrites } from "./coalesce-writes.ts";

/** Open connections by `sid`. Engine.IO keeps this list and documents it, but its types hide it. */
export const clientsOf = (engine: EngineServer): Readonly<Record<string, EngineSocket>> =>
  (engine as unknown as { clients: Record<string, EngineSocket> }).clients;

/** The connection with this `sid`, which is text from a client: not every property of an object is a connection. */
export function clientOf(engine: EngineServer, sid: string): EngineSocket | undefined {
  const clients = clientsOf(engine);
  return Object.hasOwn(clients, sid) ? clients[sid] : undefined;
}

/**
 * Passes an upgrade to Engine.IO. For its middlewares Engine.IO makes a response that waits for the stream to close. It
 * keeps the request, its headers and its cookies as long as the connection: 4 KB for each. Without middlewares, no code
 * reads it.
 */
export function upgradeLeanly(engine: EngineServer, req: IncomingMessage, stream: Duplex, head: Buffer): void {
  const before = stream.rawListeners("close");
  engine.handleUpgrade(req as Parameters<EngineServer["handleUpgrade"]>[0], stream, head);
  if ((engine as unknown as { middlewares?: unknown[] }).middlewares?.length !== 0) return;
  // By now the stream is that of `ws`, or has been answered and closed.
  stream.off("error", ignoreErrors);
  for (const listener of stream.rawListeners("close")) {
    // This listener listens once, and is the only one here to do so; `ws` has listeners of its own.
    if (!before.includes(listener) && "listener" in listener) stream.off("close", listener as unknown as () => void);
  }
}

/**
 * Lets the answer to an upgrade and the first packet leave in one write. Waits until `ws` announces its answer: a
 * stream that is refused instead is destroyed at once, and corked data would be lost with it.
 */
export function joinFirstPackets(engine: EngineServer): void {
  const { ws } = engine as unknown as {
    ws?: { on(event: "headers", run: (lines: unknown, req: IncomingMessage) => void): void };
  };
  ws?.on("headers", (_lines, { socket }) => {
    coalesceWrites(socket);
    socket.cork();
    setImmediate(() => socket.uncork());
  });
}

/** State of Engine.IO's transports that their types hide. */
interface TransportState {
  /** Polling: the GET that waits for packets, and the POST that brings some. */
  readonly req?: unknown;
  readonly dataReq?: unknown;
  /** WebSocket: whether frames are compressed, the connection of `ws`, and its TCP stream. */
  readonly perMessageDeflate?: unknown;
  readonly socket?: {
    readonly readyState: number;
    readonly OPEN: number;
    readonly CLOSED: number;
    readonly bufferedAmount: number;
    readonly _socket: Duplex | null;
    close(code: number, reason: string): void;
    terminate(): void;
    once(event: "close", listener: () => void): void;
    listeners(event: string): ((...args: unknown[]) => void)[];
    off(event: string, listener: (...args: unknown[]) => void): void;
  };
}

const stateOf = (conn: EngineSocket): TransportState => conn.transport as unknown as TransportState;

/**
 * The connection that is on this WebSocket; undefined while the WebSocket is only being probed. Searches all
 * connections, so it is for what happens once in a connection's life.
 */
export function connectionOn(engine: EngineServer, socket: object): EngineSocket | undefined {
  return Object.values(clientsOf(engine)).find((conn) => stateOf(conn).socket === socket);
}

/** Packets that wait until the transport takes them. */
const queueOf = (conn: EngineSocket): readonly { data?: unknown }[] =>
  (conn as unknown as { writeBuffer: { data?: unknown }[] }).writeBuffer;

/** Whether a polling connection is in the middle of a request of this method. Another one would end it (overlap). */
export function isPolling(conn: EngineSocket, method: string | undefined): boolean {
  const { req, dataReq } = stateOf(conn);
  return Boolean(method === "POST" ? dataReq : method === "GET" && req);
}

/**
 * The stream that frames can be written to directly: that of a connection on an open WebSocket without compression. A
 * connection that is still on polling, or in the middle of its upgrade, has none.
 */
export function frameStreamOf(conn: EngineSocket): Duplex | undefined {
  const { socket, perMessageDeflate } = stateOf(conn);
  if (socket === undefined || perMessageDeflate || socket.readyState !== socket.OPEN) return undefined;
  return socket._socket ?? undefined;
}

/**
 * Removes the listener for errors before the upgrade, which Engine.IO leaves behind; its transport has one of its own.
 */
export function forgetUpgrade(conn: EngineSocket): void {
  const { socket } = stateOf(conn);
  const [first] = socket?.listeners("error") ?? [];
  if (first?.name === "onUpgradeError") socket?.off("error", first);
}

/** Whether packets wait in Engine.IO's queue; what is written past it would overtake them. */
export const hasQueue = (conn: EngineSocket): boolean => queueOf(conn).length > 0;

/**
 * How much is buffered for a client, in bytes or a little less: texts count by their characters.
 * Costs nothing where nothing is buffered.
 */
export function bufferedBytes(conn: EngineSocket): number {
  let bytes = stateOf(conn).socket?.bufferedAmount ?? 0;
  for (const { data } of queueOf(conn)) bytes += sizeOf(data);
  return bytes;
}

/** The size of a packet's data, in bytes or a little less. */
export function sizeOf(data: unknown): number {
  return typeof data === "string" ? data.length : ((data as { byteLength?: number } | undefined)?.byteLength ?? 0);
}

/**
 * Resolves when nothing is left of a connection. Engine.IO forgets one on WebSocket as soon as it begins to close it.
 * The rest ends when the client has read what was sent, and answered.
 */
export async function whenGone(conn: EngineSocket): Promise<void> {
  const { socket } = stateOf(conn);
  const isGone = socket === undefined ? conn.readyState === "closed" : socket.readyState === socket.CLOSED;
  if (!isGone) await new Promise<void>((resolve) => (socket ?? conn).once("close", () => resolve()));
}

/**
 * Ends a connection so that its client reconnects by itself, after what is queued has been sent. A DISCONNECT packet
 * would keep socket.io-client away for good. Engine.IO's `close` packet, which only polling uses, would do the same to
 * python-socketio. Here the client sees a transport that ends. On polling its next request is answered with 400,
 * because the `sid` is unknown.
 */
export function hangUp(conn: EngineSocket): void {
  if (stateOf(conn).socket !== undefined) return void conn.close();
  if (conn.readyState !== "open") return;
  conn.readyState = "closing";
  if (!hasQueue(conn)) return endPolling(conn);
  conn.once("drain", () => {
    // An upgrade that ended meanwhile has closed the connection itself.
    if (stateOf(conn).socket === undefined) endPolling(conn);
  });
}

/** Ends a connection without waiting for the client: closing a WebSocket takes a handshake, or its time-out. */
export function cutOff(conn: EngineSocket): void {
  const { socket } = stateOf(conn);
  if (socket === undefined) endPolling(conn);
  else socket.terminate();
}

/** Engine.IO forgets the connection, and answers a waiting request with a `noop` packet. */
function endPolling({ transport }: EngineSocket): void {
  (transport as unknown as { onClose(): void }).onClose();
}

/**
 * Ends a connection and, on WebSocket, sends the reason (RFC 6455 section 7.4), which a client that still reads
 * receives. What still waits in the queue is dropped.
 */
export function closeWithCode(conn: EngineSocket, code: number, reason: string): void {
  stateOf(conn).socket?.close(code, reason);
  conn.close(true);
}

/** Keeps the query that was checked: Engine.IO parses the target again unless it finds this, and could read another `sid`. */
export const keepQuery = (req: IncomingMessage, query: object): void => void Object.assign(req, { _query: query });

/** Limits how long a polling connection waits for its client to fetch the close packet: 30 s in Engine.IO. */
export function limitPollingClose({ transport }: EngineSocket, ms: number): void {
  if (transport.name === "polling") Object.assign(transport, { closeTimeout: ms });
}

/** Overrides methods of one connection. The functions are shared by all: a closure would be kept for each connection. */
export const overrideMethods = (conn: EngineSocket, methods: Partial<Pick<EngineSocket, "close" | "emit">>): void =>
  void Object.assign(conn, methods);
