import { randomInt } from "node:crypto";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Config } from "../../config/settings.ts";
import type { Clock } from "../../core/ports.ts";
import { Refusal } from "../../core/refusal.ts";
import type { RealtimeNamespace } from "../socket.ts";
import { closeConnections } from "./close-connections.ts";
import type { InFlightRequests } from "./in-flight-requests.ts";

/** How long closing waits for answers to requests that were accepted before it. */
export const answerWithinMs = 3000;

/** With other nodes to take them, the batches spread the clients enough: they need not stay away for long. */
const longestAbsenceMs = 250;

interface GracefulShutdownOptions {
  readonly config: Pick<Config, "drainWindow" | "reconnectionDelay" | "reconnectionDelayMax">;
  readonly clock: Clock;
  readonly inFlight: InFlightRequests;
}

/** Closes the connections of a server that shuts down: it first refuses new ones, then closes batch after batch. */
export interface GracefulShutdown {
  /** Call this for new connections. @throws Refusal `server_draining` */
  requireOpen(): void;
  /**
   * Call this for requests on a connection, which are served until its batch is due. @throws Refusal `server_draining`
   */
  requireServed(conn: EngineSocket): void;
  /** Refuses new connections, and closes every open one within SIGNALBOX_DRAIN_WINDOW. */
  closeAll(engine: EngineServer, namespaces: Iterable<RealtimeNamespace>): Promise<void>;
}

export function createGracefulShutdown({ config, clock, inFlight }: GracefulShutdownOptions): GracefulShutdown {
  let shut = false;
  const released = new WeakSet<EngineSocket>();
  // Without a window all clients are disconnected at once, perhaps from the only server: their reconnects are spread
  // instead.
  const returnWithinMs =
    config.drainWindow > 0 ? Math.min(longestAbsenceMs, config.reconnectionDelay) : config.reconnectionDelayMax;

  const refuse = (): never => {
    throw new Refusal("server_draining", { retryAfterMs: returnWithinMs });
  };

  return {
    requireOpen() {
      if (shut) refuse();
    },
    requireServed(conn) {
      if (released.has(conn)) refuse();
    },
    async closeAll(engine, namespaces) {
      shut = true;
      await closeConnections({
        ...{ engine, namespaces, clock, windowMs: config.drainWindow * 1000 },
        reconnectAfterMs: () => randomInt(returnWithinMs),
        release(batch) {
          for (const conn of batch) released.add(conn);
          return inFlight.settled(answerWithinMs, batch);
        },
      });
    },
  };
}
