import type { Duplex } from "node:stream";
import type { RealtimeSocket } from "../../src/edge/socket.ts";
import { startTestServer, type TestClient, type TestServer } from "../../src/testing/index.ts";

/** A server for visitors without a session, with limits that no test reaches by itself. */
export const startOpenServer = (env: Record<string, string> = {}): Promise<TestServer> =>
  startTestServer({
    env: {
      SOCKETIO_REQUIRE_AUTH: "false",
      SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
      SIGNALBOX_CONNECT_RATE_PER_USER: "1000000",
      SIGNALBOX_MAX_CONNECTIONS_PER_USER: "10000",
      SIGNALBOX_MESSAGE_RATE: "1000000",
      SIGNALBOX_MESSAGE_BURST: "1000000",
      SIGNALBOX_MAX_ROOMS_PER_SOCKET: "10000",
      ...env,
    },
  });

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

/** The server's WebSocket of a connection that is on one. */
export const webSocketOf = ({ conn }: RealtimeSocket): WebSocketBelow =>
  (conn.transport as unknown as { socket: WebSocketBelow }).socket;

/** The client's own WebSocket: `pause` stops reading, so that TCP pushes back. */
export const clientWebSocketOf = ({ socket }: Pick<TestClient, "socket">): WebSocketBelow =>
  (socket.io.engine.transport as unknown as { ws: WebSocketBelow }).ws;

/** Until the event loop has gone once around. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
