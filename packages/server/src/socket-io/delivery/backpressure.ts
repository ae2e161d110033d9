import type { Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../core/ports.ts";
import { bufferedBytes, closeWithCode } from "../internals/engine-clients.ts";

/** How often connections with buffered data are checked. */
const lookMs = 250;

/** A client is slow when more than this share of the limit is buffered for it: a burst in flight is not enough. */
const slowShare = 1 / 16;

/** WebSocket close code "Try Again Later" (IANA WebSocket Close Code Number Registry). */
const tryAgainLater = 1013;

interface BackpressureOptions {
  readonly clock: Clock;
  /** What may be buffered for one client, in bytes. */
  readonly maxBytes: number;
  /** Called for each connection that is closed because its buffer exceeds the limit. */
  onOverflow(conn: EngineSocket): void;
}

/** Data that is buffered on the server until clients read it. */
export interface Backpressure {
  /** Call this when `bytes` were sent that the connection could not take at once. */
  note(conn: EngineSocket, bytes: number): void;
  bytesOf(conn: EngineSocket): number;
  /** Whether the client does not keep up: until it does, the server leaves out what it can. */
  isSlow(conn: EngineSocket): boolean;
  /** How many are slow at this moment. */
  slowCount(): number;
  close(): void;
}

/**
 * Limits the cost of one client that does not read: Engine.IO keeps everything in memory, while the heartbeat may
 * continue for long. Only connections with buffered data are checked, so no other connection costs anything.
 */
export function createBackpressure({ clock, maxBytes, onOverflow }: BackpressureOptions): Backpressure {
  /** Connections with buffered data, and its size: the last sum, plus what was added since. */
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
      // Adding up a queue packet by packet is too much work for each packet: it is done only where a limit may be
      // exceeded.
      if (estimate > maxBytes || (estimate > maxBytes * slowShare && !slow.has(conn))) look(conn);
    },
    bytesOf: bufferedBytes,
    isSlow(conn) {
      if (slow.size === 0) return false;
      // Checked again: a client that reads again does not wait for the next check of all connections.
      if (slow.has(conn)) look(conn);
      return slow.has(conn);
    },
    slowCount: () => slow.size,
    close: stop,
  };
}
