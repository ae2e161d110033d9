import type { Clock } from "../../core/ports.ts";
import { createWindowCounter, type WindowCounter } from "../../limits/window-counter.ts";
import { hangUp } from "../internals/engine-clients.ts";
import type { RealtimeSocket } from "../socket.ts";

/** Refusals in one second after which a connection is closed: no client gets there by accident or by one burst. */
const maxRefusalsPerSecond = 50;

/** The same for a minute: a client that always stays just below the limit of a second is an offender as well. */
const maxRefusalsPerMinute = 300;

/** Refused handshakes of one connection after which it is closed. */
const maxRefusedHandshakes = 10;

/**
 * Closes connections that continue to send what is refused. Their clients may reconnect; a client that continues is
 * blocked.
 */
export interface ViolationLimit {
  /** Call this for each refused event. */
  event(socket: RealtimeSocket): void;
  /** Call this for each handshake that a namespace refused, or that named none. */
  handshake(conn: RealtimeSocket["conn"]): void;
}

export function createViolationLimit(clock: Clock): ViolationLimit {
  const events = new WeakMap<RealtimeSocket["conn"], readonly WindowCounter[]>();
  const handshakes = new WeakMap<RealtimeSocket["conn"], number>();

  return {
    event(socket) {
      const { conn } = socket;
      const meters = events.get(conn) ?? [
        createWindowCounter({ limit: maxRefusalsPerSecond, clock }),
        createWindowCounter({ limit: maxRefusalsPerMinute, windowMs: 60_000, clock }),
      ];
      events.set(conn, meters);
      const within = meters.map((meter) => meter.count());
      if (within.includes(false)) hangUp(conn);
    },
    handshake(conn) {
      const count = (handshakes.get(conn) ?? 0) + 1;
      handshakes.set(conn, count);
      // The tenth refusal is still delivered; what comes after it finds the connection closing.
      if (count >= maxRefusedHandshakes) setImmediate(() => hangUp(conn));
    },
  };
}
