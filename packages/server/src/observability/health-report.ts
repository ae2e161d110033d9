import type { DependencyRow, HealthReport } from "@signalbox/protocol";
import type { Clock, Store } from "../core/ports.ts";
import type { Dependencies, DependencyHealth } from "./dependency-health.ts";

/** A store that takes longer is reported as failing: load balancers also time out after a few seconds. */
const pingTimeoutMs = 2000;

interface HealthOptions {
  readonly store: Pick<Store, "ping">;
  readonly dependencies: Dependencies;
  readonly clock: Clock;
  readonly version: string;
  readonly serverId: string;
  isDraining(): boolean;
}

/** The health of the server, for administrators and load balancers. */
export interface Health {
  /** Pings the store. For all other dependencies, the report has the result of their last use. */
  report(): Promise<HealthReport>;
  /** Whether a server with this report may receive traffic. */
  serves(report: HealthReport): boolean;
}

export function createHealth({ store, dependencies, ...options }: HealthOptions): Health {
  const { version, serverId, clock } = options;
  const started_at = new Date(clock.now()).toISOString();
  const storeHealth = dependencies.watch("store", "store");

  async function pingStore(): Promise<void> {
    const timeout = AbortSignal.timeout(pingTimeoutMs);
    const late = new Promise<never>((_resolve, reject) => {
      timeout.addEventListener("abort", () => reject(new Error("timed out")), { once: true });
    });
    try {
      await Promise.race([store.ping(), late]);
      storeHealth.answered();
    } catch (error) {
      storeHealth.failed(error);
    }
  }

  /** Notifications are in the store too, but may fail while the rest of it answers: both share one row. */
  function rows(): DependencyRow[] {
    const listed = dependencies.list();
    const notifications = listed.find(({ name }) => name === "notifications");
    const failing = [storeHealth, notifications].find((part) => part?.status() === "failing");
    return listed
      .filter((each) => each !== notifications)
      .map((each) => row(each.name, each === storeHealth ? (failing ?? each) : each));
  }

  return {
    async report() {
      await pingStore();
      const listed = rows();
      const isWell = listed.every(({ status }) => status === "ok");
      const status = options.isDraining() ? "draining" : isWell ? "ok" : "degraded";
      return { status, dependencies: listed, version, server_id: serverId, started_at };
    },
    serves({ status, dependencies: listed }) {
      const optional = new Set(dependencies.list().flatMap(({ name, isRequired }) => (isRequired ? [] : [name])));
      return status !== "draining" && listed.every((each) => each.status === "ok" || optional.has(each.name));
    },
  };
}

/** The row has no cause, only the log does: a cause may name hosts, files and people. */
function row(name: string, dependency: DependencyHealth): DependencyRow {
  const [status, since] = [dependency.status(), dependency.since()];
  return {
    name,
    status,
    since: since === null ? null : new Date(since).toISOString(),
    ...(status === "failing" && { reason: "It does not answer; see the server's log." }),
  };
}
