import type { Duplex } from "node:stream";
import type { RealtimeSocket } from "../../../src/socket-io/socket.ts";
import { startTestServer, type TestClient, type TestServer } from "../../../src/testing/index.ts";

/** Admits visitors without a session, with limits that no test reaches by accident. */
export const openEnv = {
  SOCKETIO_REQUIRE_AUTH: "false",
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "10000",
  SIGNALBOX_MESSAGE_RATE: "1000000",
  SIGNALBOX_MESSAGE_BURST: "1000000",
  SIGNALBOX_MAX_ROOMS_PER_SOCKET: "10000",
};

export const startOpenServer = (env: Record<string, string> = {}): Promise<TestServer> =>
  startTestServer({ env: { ...openEnv, ...env } });

/** The server's end of a client's socket. */
export function serverSocketOf({ realtime }: TestServer, id: string | undefined, namespace = "/"): RealtimeSocket {
  const socket = realtime.io.of(namespace).sockets.get(id ?? "");
  if (socket === undefined) throw new Error(`The server has no socket ${id} in ${namespace}.`);
  return socket;
}

/** The WebSocket below a connection, and its TCP stream. */
export interface WebSocketBelow {
  readonly bufferedAmount: number;
  readonly _socket: Duplex;
  pause(): void;
  resume(): void;
}

/** The server's WebSocket of a connection that uses one. */
export const webSocketOf = ({ conn }: RealtimeSocket): WebSocketBelow =>
  (conn.transport as unknown as { socket: WebSocketBelow }).socket;

/** The client's own WebSocket: `pause` stops reading, so that TCP applies backpressure. */
export const clientWebSocketOf = ({ socket }: Pick<TestClient, "socket">): WebSocketBelow =>
  (socket.io.engine.transport as unknown as { ws: WebSocketBelow }).ws;

/** Waits for one turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls back with the bytes that are written to a connection, once per system call. */
export function onWrite(socket: RealtimeSocket, written: (bytes: Buffer) => void): void {
  const stream = webSocketOf(socket)._socket;
  const { _write, _writev } = stream;
  /** Pieces may be joined first, and then written as one. */
  let ofPieces = false;
  Object.assign(stream, {
    _write(...args: Parameters<Duplex["_write"]>) {
      if (!ofPieces) written(args[0]);
      _write.apply(stream, args);
    },
    _writev(...args: Parameters<NonNullable<Duplex["_writev"]>>) {
      written(Buffer.concat(args[0].map(({ chunk, encoding }) => Buffer.from(chunk, encoding))));
      ofPieces = true;
      _writev?.apply(stream, args);
      ofPieces = false;
    },
  });
}

/** Records what is written to a connection from now on: each entry is one system call. */
export function recordWrites(socket: RealtimeSocket): Buffer[] {
  const writes: Buffer[] = [];
  onWrite(socket, (bytes) => writes.push(bytes));
  return writes;
}

/** The payloads of unmasked WebSocket text frames (RFC 6455 section 5.2). */
export function framesIn(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const short = bytes.readUInt8(offset + 1);
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      head === 2 ? short : head === 4 ? bytes.readUInt16BE(offset + 2) : Number(bytes.readBigUInt64BE(offset + 2));
    frames.push(bytes.toString("utf8", offset + head, offset + head + length));
    offset += head + length;
  }
  return frames;
}
