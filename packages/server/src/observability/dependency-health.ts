import type { Clock, Log } from "../core/ports.ts";

/** Something outside that the server cannot do without, as it was last seen. */
export interface DependencyHealth {
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

/**
 * Watches a dependency by what it answers to those who use it anyway. An outage is two lines of the log, its beginning
 * and its end, however many requests it hits: a flood of equal lines would hide what else goes wrong.
 */
export function createDependencyHealth({
  name,
  clock,
  log,
}: {
  name: string;
  clock: Clock;
  log: Log;
}): DependencyHealth {
  let failing = false;
  let lastFailureAt = Number.NEGATIVE_INFINITY;
  let outage = false;
  let changedAt: number | null = null;

  return {
    answered() {
      if (failing) changedAt = clock.now();
      failing = false;
      if (!outage || clock.monotonic() - lastFailureAt < settleMs) return;
      outage = false;
      log.info({ dependency: name }, `The ${name} answers again.`);
    },
    failed(cause) {
      if (!failing) changedAt = clock.now();
      failing = true;
      lastFailureAt = clock.monotonic();
      if (outage) return;
      outage = true;
      log.error({ err: cause, dependency: name }, `The ${name} does not answer.`);
    },
    status: () => (failing && clock.monotonic() - lastFailureAt < staleMs ? "failing" : "ok"),
    since: () => changedAt,
  };
}
