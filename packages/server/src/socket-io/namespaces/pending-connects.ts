import type { Clock } from "../../core/ports.ts";
import { createSymbolProperty } from "../../core/symbol-property.ts";
import { joinedNamespaces } from "../internals/socket-internals.ts";
import type { RealtimeSocket } from "../socket.ts";

type Connection = RealtimeSocket["conn"];

/** A socket that is being admitted to a namespace. */
interface PendingConnect {
  readonly socket: RealtimeSocket;
  /** Until our guard has decided; from then on its rooms show whether another guard has refused it. */
  undecided: boolean;
}

/** The namespaces that a connection is in, or is being admitted to. */
export interface PendingConnects {
  /**
   * Call this for a CONNECT, before anything is awaited: false when the connection is in that namespace, or is being
   * admitted to it.
   */
  take(socket: RealtimeSocket): boolean;
  /** Call this when our guard has admitted or refused the socket. */
  decided(socket: RealtimeSocket): void;
  /** Call this when the socket has entered: from then on Socket.IO knows. */
  entered(socket: RealtimeSocket): void;
  /** Whether the socket's connection is in any namespace. */
  isInAny(socket: RealtimeSocket): boolean;
  /**
   * Call this when the socket has left. A connection that then is in no namespace is closed, unless it enters one in
   * time.
   */
  left(socket: RealtimeSocket): void;
}

/**
 * Socket.IO looks for a socket of the same namespace when a CONNECT arrives, but keeps it only when admission is over.
 * So fifty CONNECTs in one burst make fifty sockets on one connection, and fifty copies of each emit. Socket.IO also
 * limits the time without a namespace only once, after opening: after a DISCONNECT a connection would stay for good.
 */
export function createPendingConnects({ clock, idleMs }: { clock: Clock; idleMs: number }): PendingConnects {
  /** By namespace, the sockets of each connection that are being admitted. */
  const entrants = createSymbolProperty<Connection, Map<string, PendingConnect>>("entrants");
  const emptySince = new WeakMap<Connection, number>();

  const isEmpty = (socket: RealtimeSocket): boolean =>
    joinedNamespaces(socket).size === 0 && ![...(entrants.of(socket.conn)?.values() ?? [])].some(mayEnter);

  return {
    take(socket) {
      const { conn, nsp } = socket;
      const ofConnection = entrants.of(conn) ?? new Map<string, PendingConnect>();
      const entrant = ofConnection.get(nsp.name);
      if (joinedNamespaces(socket).has(nsp.name) || (entrant !== undefined && mayEnter(entrant))) return false;
      entrants.put(conn, ofConnection.set(nsp.name, { socket, undecided: true }));
      return true;
    },
    decided({ conn, nsp }) {
      const entrant = entrants.of(conn)?.get(nsp.name);
      if (entrant !== undefined) entrant.undecided = false;
    },
    entered({ conn, nsp }) {
      const ofConnection = entrants.of(conn);
      ofConnection?.delete(nsp.name);
      if (ofConnection?.size === 0) entrants.clear(conn);
    },
    isInAny: (socket) => joinedNamespaces(socket).size > 0,
    left(socket) {
      const { conn } = socket;
      if (conn.readyState !== "open" || !isEmpty(socket)) return;
      const since = clock.monotonic();
      emptySince.set(conn, since);
      clock.after(idleMs, () => {
        if (isEmpty(socket) && emptySince.get(conn) === since) conn.close();
      });
    },
  };
}

/** Socket.IO takes a socket out of its rooms when any guard refuses it. */
const mayEnter = ({ socket, undecided }: PendingConnect): boolean => undecided || socket.rooms.size > 0;
