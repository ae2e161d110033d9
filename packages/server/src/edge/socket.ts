/** Socket.IO's own types, with what Signalbox keeps per socket filled in. */
import type { DefaultEventsMap, Namespace, Server, Socket } from "socket.io";
import type { SessionHandle } from "../auth/session-lookup.ts";
import type { Principal } from "../ports.ts";

/** Everything that is kept per connection beside Socket.IO's own state. */
interface SocketData {
  /** Replaced as a whole when the session changes; the event gate reads it for every message. */
  principal: Principal;
  /** For looking the session up again; null for a guest. Holds a secret: never logged or sent. */
  session: SessionHandle | null;
  ip: string;
  /** Milliseconds since the epoch. */
  connectedAt: number;
  /** When the session was last looked up, in milliseconds since the epoch. */
  checkedAt: number;
}

export type RealtimeServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
export type RealtimeNamespace = Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
export type RealtimeSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/** Every socket of this node, namespace by namespace, read from Socket.IO at the time of asking. */
export function* liveSockets(namespaces: Iterable<RealtimeNamespace>): Generator<RealtimeSocket> {
  for (const namespace of namespaces) yield* namespace.sockets.values();
}

/** The rooms of a socket without the one that Socket.IO makes for each socket by its id. */
export const namedRooms = (socket: RealtimeSocket): string[] => [...socket.rooms].filter((room) => room !== socket.id);
