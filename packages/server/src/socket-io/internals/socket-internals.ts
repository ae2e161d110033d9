/** Members of Socket.IO's classes that its types hide or call private; each is in members.ts, with a contract test. */
import type { RealtimeServer, RealtimeSocket } from "../socket.ts";

/** Whether a namespace exists. `io.of` would create it. */
export const hasNamespace = (io: RealtimeServer, name: string): boolean => io._nsps.has(name);

/** The namespaces that a socket's connection has joined. */
export const joinedNamespaces = ({ client }: RealtimeSocket): ReadonlyMap<string, unknown> =>
  (client as unknown as { nsps: ReadonlyMap<string, unknown> }).nsps;

/** Makes Socket.IO forget a socket that it has not admitted yet. Its client receives no answer. */
export const forgetSocket = (socket: RealtimeSocket): void => socket._cleanup();

/** Adds a middleware for packets, as `socket.use` does, which reserves memory for sixteen more on each socket. */
export function addPacketMiddleware(socket: RealtimeSocket, run: (packet: readonly unknown[]) => void): void {
  const { fns } = socket as unknown as { fns: readonly unknown[] };
  Object.assign(socket, { fns: [...fns, run] });
}

/** Replaces a released request, in the form in which Socket.IO reads it when another namespace is joined. */
const released = Object.freeze({
  headers: Object.freeze({}),
  rawHeaders: Object.freeze([]),
  url: "",
  _query: Object.freeze({}),
  connection: Object.freeze({}),
});

/** Releases the request that opened a socket's connection, and the parts of it that the socket keeps. */
export function releaseRequest({ conn, handshake }: RealtimeSocket): void {
  Object.assign(conn, { request: released });
  Object.assign(handshake, { headers: released.headers, query: released._query, auth: released._query, url: "" });
}
