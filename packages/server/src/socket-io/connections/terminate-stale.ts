import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../core/ports.ts";
import { clientsOf, cutOff, limitPollingClose } from "../internals/engine-clients.ts";

/** How long a connection that is closing may take to fetch its last frames. */
const lingerMs = 2000;

/**
 * Terminates connections that were closed but stay: Engine.IO waits 30 seconds for a polling client to fetch the close.
 * For a client that does not read what is still to be sent, it waits until the heartbeat fails. A client that was
 * disconnected for cause must not hold a slot for that long.
 */
export function terminateStale(engine: EngineServer, clock: Clock): () => void {
  const closingSince = new WeakMap<EngineSocket, number>();

  engine.on("connection", (conn: EngineSocket) => {
    limitPollingClose(conn, lingerMs);
  });
  return clock.every(lingerMs / 2, () => {
    const now = clock.monotonic();
    for (const conn of Object.values(clientsOf(engine))) {
      if (conn.readyState !== "closing") continue;
      const since = closingSince.get(conn);
      if (since === undefined) closingSince.set(conn, now);
      else if (now - since >= lingerMs) cutOff(conn);
    }
  });
}
