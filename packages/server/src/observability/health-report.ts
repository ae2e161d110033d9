import type { DependencyRow, HealthReport } from "@signalbox/protocol";
import type { Clock, Store } from "../core/ports.ts";
import type { DependencyHealth } from "./dependency-health.ts";

/** A store that takes longer is reported as failing: load balancers give up after a few seconds as well. */
const pingTimeoutMs = 2000;

interface HealthOptions {
  readonly store: Pick<Store, "ping">;
  /** How the store answered the last time; asked anew with each report. */
  readonly storeHealth: DependencyHealth;
  /** How its part for notifications answered those who used it: that may fail while the rest goes on. */
  readonly notificationHealth: DependencyHealth;
  /** How the session store answered the last look-up. */
  readonly sessionHealth: DependencyHealth;
  /** How Redis answers, where there are other nodes: without it each goes on by itself. */
  readonly redisHealth: DependencyHealth | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly version: string;
  readonly serverId: string;
  isDraining(): boolean;
}

/** Asks every dependency how it is and reports it. */
export type ReadHealth = () => Promise<HealthReport>;

export function createHealthReport(options: HealthOptions): ReadHealth {
  const { version, serverId, clock, storeHealth, notificationHealth, sessionHealth, redisHealth } = options;
  const started_at = new Date(clock.now()).toISOString();

  async function pingStore(): Promise<void> {
    const timeout = AbortSignal.timeout(pingTimeoutMs);
    const late = new Promise<never>((_resolve, reject) => {
      timeout.addEventListener("abort", () => reject(new Error("timed out")), { once: true });
    });
    try {
      await Promise.race([options.store.ping(), late]);
      storeHealth.answered();
    } catch (error) {
      storeHealth.failed(error);
    }
  }

  return async () => {
    await pingStore();
    const failingPart = [storeHealth, notificationHealth].find((part) => part.status() === "failing");
    const dependencies = [
      row("store", failingPart ?? storeHealth),
      row("sessions", sessionHealth),
      ...(redisHealth === undefined ? [] : [row("redis", redisHealth)]),
    ];
    const isWell = dependencies.every(({ status }) => status === "ok");
    const status = options.isDraining() ? "draining" : isWell ? "ok" : "degraded";
    return { status, dependencies, version, server_id: serverId, started_at };
  };
}

/** The cause stays in the log: it may name hosts, files and people. */
function row(name: string, dependency: DependencyHealth): DependencyRow {
  const [status, since] = [dependency.status(), dependency.since()];
  return {
    ...{ name, status },
    since: since === null ? null : new Date(since).toISOString(),
    ...(status === "failing" && { reason: "It does not answer; see the server's log." }),
  };
}
