import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";

/** Open connections by `sid`. Engine.IO keeps this list and documents it, but its types hide it. */
export const clientsOf = (engine: EngineServer): Readonly<Record<string, EngineSocket>> =>
  (engine as unknown as { clients: Record<string, EngineSocket> }).clients;

/** The connection with this `sid`, which is a client's text: not every object's own properties are connections. */
export function clientOf(engine: EngineServer, sid: string): EngineSocket | undefined {
  const clients = clientsOf(engine);
  return Object.hasOwn(clients, sid) ? clients[sid] : undefined;
}

/** What Engine.IO's transports keep, and their types hide. */
interface TransportState {
  /** Polling: the GET that waits for packets, and the POST that brings some. */
  readonly req?: unknown;
  readonly dataReq?: unknown;
  /** WebSocket: the connection of `ws`. */
  readonly socket?: { readonly bufferedAmount: number; terminate(): void };
}

const stateOf = (conn: EngineSocket): TransportState => conn.transport as unknown as TransportState;

/** Whether a polling connection is in the middle of a request of this method. Another one would end it (overlap). */
export function isPolling(conn: EngineSocket, method: string | undefined): boolean {
  const { req, dataReq } = stateOf(conn);
  return Boolean(method === "POST" ? dataReq : method === "GET" && req);
}

/**
 * How much waits for a client to read, in bytes or a little less: texts count by their characters.
 * Costs nothing where nothing waits.
 */
export function bufferedBytes(conn: EngineSocket): number {
  let bytes = stateOf(conn).socket?.bufferedAmount ?? 0;
  for (const { data } of (conn as unknown as { writeBuffer: { data?: unknown }[] }).writeBuffer) bytes += sizeOf(data);
  return bytes;
}

function sizeOf(data: unknown): number {
  return typeof data === "string" ? data.length : ((data as { byteLength?: number } | undefined)?.byteLength ?? 0);
}

/** Ends a connection without waiting for the client: closing a WebSocket takes a handshake, and 30 seconds without. */
export function cutOff(conn: EngineSocket): void {
  const { socket } = stateOf(conn);
  if (socket === undefined) conn.close(true);
  else socket.terminate();
}
