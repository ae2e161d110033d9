import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Clock } from "../ports.ts";
import { bufferedBytes, clientsOf, cutOff } from "./engine-clients.ts";

/** What may wait for one client. Progress is state: whoever comes back gets the latest, and misses nothing. */
const maxBufferedBytes = 1_000_000;

/** What can pile up between two looks is bounded by what the server says in that time. */
const lookMs = 250;

/**
 * Cuts off clients that do not read: Engine.IO keeps everything that is sent to them in memory, while their heartbeat
 * may go on for long. Looked at in intervals, so that no packet costs more for it.
 */
export function cutSlowReaders(engine: EngineServer, clock: Clock, onCut: (conn: EngineSocket) => void): () => void {
  return clock.every(lookMs, () => {
    for (const conn of Object.values(clientsOf(engine))) {
      if (bufferedBytes(conn) <= maxBufferedBytes) continue;
      onCut(conn);
      cutOff(conn);
    }
  });
}
