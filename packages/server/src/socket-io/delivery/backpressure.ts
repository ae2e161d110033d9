import type { Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../core/ports.ts";
import { bufferedBytes, closeWithCode } from "../internals/engine-clients.ts";

/** How often those are looked at for whom something waits. */
const lookMs = 250;

/** A client is slow when more waits for it than this part of what may wait: a burst that is under way is not enough. */
const slowShare = 1 / 16;

/** WebSocket close code "Try Again Later" (IANA WebSocket Close Code Number Registry). */
const tryAgainLater = 1013;

interface BackpressureOptions {
  readonly clock: Clock;
  /** What may wait for one client, in bytes. */
  readonly maxBytes: number;
  /** Told of each connection that is closed because more waits for it. */
  onOverflow(conn: EngineSocket): void;
}

/** What waits on the server for clients to read it. */
export interface Backpressure {
  /** Call this when `bytes` were sent that the connection could not take at once. */
  note(conn: EngineSocket, bytes: number): void;
  bytesOf(conn: EngineSocket): number;
  /** Whether the client does not keep up: what can be left out is left out until it does. */
  isSlow(conn: EngineSocket): boolean;
  /** How many are slow at this moment. */
  slowCount(): number;
  close(): void;
}

/**
 * Bounds what one client that does not read costs: Engine.IO keeps everything in memory, while the heartbeat may go on
 * for long. Only connections for which something waits are looked at, so nobody else costs anything.
 */
export function createBackpressure({ clock, maxBytes, onOverflow }: BackpressureOptions): Backpressure {
  /** Connections for which something waits, and what that came to when it was last added up, and was added since. */
  const waiting = new Map<EngineSocket, number>();
  const slow = new Set<EngineSocket>();

  function look(conn: EngineSocket): void {
    const bytes = conn.readyState === "open" ? bufferedBytes(conn) : 0;
    if (bytes > maxBytes * slowShare) slow.add(conn);
    else slow.delete(conn);
    if (bytes === 0) waiting.delete(conn);
    else waiting.set(conn, bytes);
    if (bytes > maxBytes) end(conn);
  }

  function end(conn: EngineSocket): void {
    waiting.delete(conn);
    slow.delete(conn);
    onOverflow(conn);
    closeWithCode(conn, tryAgainLater, "slow_reader");
  }

  const stop = clock.every(lookMs, () => {
    for (const conn of waiting.keys()) look(conn);
  });

  return {
    note(conn, bytes) {
      const estimate = (waiting.get(conn) ?? 0) + bytes;
      waiting.set(conn, estimate);
      // Adding up a queue packet by packet is too much work for each packet: only where it may have come to something.
      if (estimate > maxBytes || (estimate > maxBytes * slowShare && !slow.has(conn))) look(conn);
    },
    bytesOf: bufferedBytes,
    isSlow(conn) {
      if (slow.size === 0) return false;
      // Looked at anew: who reads again does not wait for the next look at everybody.
      if (slow.has(conn)) look(conn);
      return slow.has(conn);
    },
    slowCount: () => slow.size,
    close: stop,
  };
}
