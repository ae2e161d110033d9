import type { Clock, Log } from "../core/ports.ts";

/** The last known state of a service or database that the server uses. */
export interface DependencyHealth {
  /** Its name in metrics and health reports. */
  readonly name: string;
  /** Whether the server receives no traffic while the dependency fails. */
  readonly isRequired: boolean;
  answered(): void;
  failed(cause: unknown): void;
  status(): "ok" | "failing";
  /** When the status last changed, in milliseconds since the epoch; null when it has not changed since the start. */
  since(): number | null;
}

/** An outage is over when the dependency answers and has not failed for this long. Until then, failures may recur. */
const settleMs = 1000;

/**
 * How long a failure counts without another attempt. A server that reports itself as failing receives no traffic, and
 * without traffic there may be no attempt: its status would never recover.
 */
const staleMs = 30_000;

interface DependencyOptions {
  readonly name: string;
  /** Its name in the log. Default: `name`. */
  readonly title?: string;
  /** Default: true. */
  readonly isRequired?: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Derives the health of a dependency from the results of its regular use. An outage is logged in two lines, its start
 * and its end, however many requests it affects: a flood of equal lines would hide other problems.
 */
export function createDependencyHealth({
  name,
  title = name,
  isRequired = true,
  clock,
  log,
}: DependencyOptions): DependencyHealth {
  let failing = false;
  let lastFailureAt = Number.NEGATIVE_INFINITY;
  let outage = false;
  let changedAt: number | null = null;

  return {
    name,
    isRequired,
    answered() {
      if (failing) changedAt = clock.now();
      failing = false;
      if (!outage || clock.monotonic() - lastFailureAt < settleMs) return;
      outage = false;
      log.info({ dependency: title }, `The ${title} answers again.`);
    },
    failed(cause) {
      if (!failing) changedAt = clock.now();
      failing = true;
      lastFailureAt = clock.monotonic();
      if (outage) return;
      outage = true;
      log.error({ err: cause, dependency: title }, `The ${title} does not answer.`);
    },
    status: () => (failing && clock.monotonic() - lastFailureAt < staleMs ? "failing" : "ok"),
    since: () => changedAt,
  };
}

/** All dependencies of the server, in the order in which modules added them. */
export interface Dependencies {
  /** @param title - its name in the log */
  watch(name: string, title: string): DependencyHealth;
  /** Adds a dependency whose health another component tracks. */
  add(health: DependencyHealth): void;
  list(): readonly DependencyHealth[];
}

export function createDependencies({ clock, log }: { clock: Clock; log: Log }): Dependencies {
  const watched: DependencyHealth[] = [];
  return {
    watch(name, title) {
      const health = createDependencyHealth({ name, title, clock, log });
      watched.push(health);
      return health;
    },
    add: (health) => void watched.push(health),
    list: () => watched,
  };
}
