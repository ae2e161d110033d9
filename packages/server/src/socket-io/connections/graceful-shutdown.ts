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

/** With others to take them, clients are spread enough by their batches: they need not stay away for long. */
const longestAbsenceMs = 250;

interface GracefulShutdownOptions {
  readonly config: Pick<Config, "drainDelay" | "drainWindow" | "reconnectionDelay" | "reconnectionDelayMax">;
  readonly clock: Clock;
  readonly inFlight: InFlightRequests;
}

/** How a server goes without a jolt: readiness, then the doors, then one batch of connections after the other. */
export interface GracefulShutdown {
  /** Whether the server is going, and wants no more traffic: its readiness fails. */
  isAnnounced(): boolean;
  /** For who comes in. @throws Refusal `server_draining` */
  requireOpen(): void;
  /** For requests on a connection, which are served until its turn to be closed has come. @throws Refusal `server_draining` */
  requireServed(conn: EngineSocket): void;
  /** Fails readiness, and resolves when load balancers have had SIGNALBOX_DRAIN_DELAY to notice. Undefined without one. */
  announce(): Promise<void> | undefined;
  /** Shuts the doors and closes every connection within SIGNALBOX_DRAIN_WINDOW. */
  closeAll(engine: EngineServer, namespaces: Iterable<RealtimeNamespace>): Promise<void>;
}

export function createGracefulShutdown({ config, clock, inFlight }: GracefulShutdownOptions): GracefulShutdown {
  let announced = false;
  let shut = false;
  const released = new WeakSet<EngineSocket>();
  // Without a window all are sent away at once, and this server is perhaps the only one: they are spread by their return.
  const returnWithinMs =
    config.drainWindow > 0 ? Math.min(longestAbsenceMs, config.reconnectionDelay) : config.reconnectionDelayMax;

  const refuse = (): never => {
    throw new Refusal("server_draining", { retryAfterMs: returnWithinMs });
  };

  return {
    isAnnounced: () => announced,
    requireOpen() {
      if (shut) refuse();
    },
    requireServed(conn) {
      if (released.has(conn)) refuse();
    },
    announce() {
      announced = true;
      if (config.drainDelay === 0) return undefined;
      return new Promise((resolve) => clock.after(config.drainDelay * 1000, resolve));
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
