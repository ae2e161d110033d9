import type { Clock, Log } from "../core/ports.ts";

/** A service or database that the server uses, as it was last seen. */
export interface DependencyHealth {
  /** In metrics and health reports. */
  readonly name: string;
  /** Whether the server gets no traffic while it fails. */
  readonly isRequired: boolean;
  answered(): void;
  failed(cause: unknown): void;
  status(): "ok" | "failing";
  /** When it came to be so, in milliseconds since the epoch; null when it has been so from the start. */
  since(): number | null;
}

/** An outage is over when the part answers and has not failed for this long: in between, failures come and go. */
const settleMs = 1000;

/**
 * How long a failure counts without another try. A server that reports itself as failing gets no traffic, and without
 * traffic there may be no try: it would never be found well again.
 */
const staleMs = 30_000;

interface DependencyOptions {
  readonly name: string;
  /** In the log. Default: its name. */
  readonly title?: string;
  /** Default: true. */
  readonly isRequired?: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Watches a dependency by what it answers to those who use it anyway. An outage is two lines of the log, its beginning
 * and its end, however many requests it hits: a flood of equal lines would hide what else goes wrong.
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

/** Everything that the server depends on, in the order in which modules have added it. */
export interface Dependencies {
  /** @param title - in the log */
  watch(name: string, title: string): DependencyHealth;
  /** Adds one that is watched elsewhere. */
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
