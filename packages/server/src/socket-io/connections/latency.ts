import type { Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../core/ports.ts";
import { createSymbolProperty } from "../../core/symbol-property.ts";

/** How long each connection's last heartbeat and its answer took. */
export interface Latency {
  /** Call this when a heartbeat is sent. */
  sent(conn: EngineSocket): void;
  /** Call this when it is answered. */
  answered(conn: EngineSocket): void;
  /** In milliseconds; null before the first answer. */
  of(conn: EngineSocket): number | null;
}

/**
 * Heartbeats exist anyway, so measuring with them costs no message. On polling, a heartbeat waits for the client's next
 * request.
 */
export function createLatency(clock: Pick<Clock, "monotonic">): Latency {
  const beats = createSymbolProperty<EngineSocket, { sentAt: number; ms: number | null }>("heartbeat");

  return {
    sent(conn) {
      beats.put(conn, { sentAt: clock.monotonic(), ms: beats.of(conn)?.ms ?? null });
    },
    answered(conn) {
      const beat = beats.of(conn);
      if (beat !== undefined) beat.ms = Math.round(clock.monotonic() - beat.sentAt);
    },
    of: (conn) => beats.of(conn)?.ms ?? null,
  };
}
