import type { Clock } from "../ports.ts";
import type { RealtimeSocket } from "./socket.ts";

type Connection = RealtimeSocket["conn"];

interface Place {
  readonly socket: RealtimeSocket;
  /** Until its admission has been decided; from then on its rooms tell whether it is there. */
  admitting: boolean;
}

/** Which namespaces a connection is in, or is being let into. */
export interface NamespacePlaces {
  /**
   * To be called for a CONNECT, before anything is awaited: false when the connection has a place in that namespace, or
   * waits for one.
   */
  take(socket: RealtimeSocket): boolean;
  /** The socket was let in or refused. */
  decided(socket: RealtimeSocket): void;
  /** The socket has left; a connection that then is in no namespace is closed, unless it enters one in time. */
  left(socket: RealtimeSocket): void;
}

/**
 * Socket.IO looks for a socket of the same namespace when a CONNECT arrives, but keeps it only when admission is over:
 * fifty CONNECTs in one burst make fifty sockets on one connection, and fifty copies of each emit. And it limits the
 * time without a namespace only once, after opening: after a DISCONNECT a connection would stay for good.
 */
export function createNamespacePlaces({ clock, idleMs }: { clock: Clock; idleMs: number }): NamespacePlaces {
  const places = new WeakMap<Connection, Map<string, Place>>();
  const emptySince = new WeakMap<Connection, number>();

  const placesOf = (conn: Connection): Map<string, Place> => {
    const known = places.get(conn) ?? new Map<string, Place>();
    places.set(conn, known);
    return known;
  };
  const isEmpty = (conn: Connection): boolean => ![...placesOf(conn).values()].some(isIn);

  return {
    take(socket) {
      const ofConnection = placesOf(socket.conn);
      const place = ofConnection.get(socket.nsp.name);
      if (place !== undefined && (place.admitting || isIn(place))) return false;
      ofConnection.set(socket.nsp.name, { socket, admitting: true });
      return true;
    },
    decided(socket) {
      const place = placesOf(socket.conn).get(socket.nsp.name);
      if (place !== undefined) place.admitting = false;
    },
    left({ conn }) {
      if (conn.readyState !== "open" || !isEmpty(conn)) return;
      const since = clock.now();
      emptySince.set(conn, since);
      clock.after(idleMs, () => {
        if (isEmpty(conn) && emptySince.get(conn) === since) conn.close();
      });
    },
  };
}

/** Socket.IO takes a socket out of its rooms when it leaves, and when any guard refuses it. */
const isIn = ({ socket }: Place): boolean => socket.rooms.size > 0;
