/** Socket.IO's own types, with what Signalbox keeps per socket filled in. */
import type { DefaultEventsMap, Namespace, Server, Socket } from "socket.io";
import type { Principal } from "../core/ports.ts";
import { createSymbolProperty } from "../core/symbol-property.ts";
import { isGuestSubject } from "../limits/subject.ts";
import type { SessionHandle } from "../sessions/session-lookup.ts";

/** Everything that is kept per connection beside Socket.IO's own state. */
interface SocketData {
  /** Replaced as a whole when the session changes; the event dispatcher reads it for every message. */
  principal: Principal;
  ip: string;
  /** The id of the request that opened the connection: all its log lines have it. */
  requestId: string;
  /** Whether the client takes several states in one `progress_batch`. */
  acceptsBatch: boolean;
  /** Milliseconds since the epoch. */
  connectedAt: number;
  /** When the session was last looked up, in monotonic milliseconds of this process. */
  checkedAt: number;
}

/**
 * For looking a socket's session up again; null for a guest. It holds a secret, so it is kept where Socket.IO does not
 * look: `socket.data` is sent to other nodes when one of them asks for all sockets.
 */
export const sessionHandles = createSymbolProperty<RealtimeSocket, SessionHandle | null>("session");

const requested = createSymbolProperty<RealtimeSocket, Set<string>>("requested rooms");

/** The rooms that requests of a socket have joined, apart from those that the server has joined for it. */
export const requestedRooms = {
  has: (socket: RealtimeSocket, room: string): boolean => requested.of(socket)?.has(room) ?? false,
  add(socket: RealtimeSocket, room: string): void {
    const rooms = requested.of(socket) ?? new Set();
    requested.put(socket, rooms.add(room));
  },
  delete: (socket: RealtimeSocket, room: string): void => void requested.of(socket)?.delete(room),
};

export type RealtimeServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
export type RealtimeNamespace = Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
export type RealtimeSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/** Every socket of this node, namespace by namespace, read from Socket.IO at the time of the call. */
export function* liveSockets(namespaces: Iterable<RealtimeNamespace>): Generator<RealtimeSocket> {
  for (const namespace of namespaces) yield* namespace.sockets.values();
}

/**
 * The rooms of a socket without those that are not for sending: Socket.IO's own by its id, and the one that counts
 * guests.
 */
export const namedRooms = (socket: RealtimeSocket): string[] =>
  [...socket.rooms].filter((room) => room !== socket.id && !isGuestSubject(room));

/** The fields of a log line about a socket. */
export const logFields = ({ id, nsp, data, conn }: RealtimeSocket) => ({
  socket_id: id,
  namespace: nsp.name,
  user_id: data.principal.userId,
  ip: data.ip,
  request_id: data.requestId,
  transport: conn.transport.name,
});
