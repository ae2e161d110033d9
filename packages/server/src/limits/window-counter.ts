import type { Clock } from "../core/ports.ts";

export interface WindowCounter {
  /** Counts one use; false when that exceeds the limit of the window. */
  count(): boolean;
}

interface WindowCounterOptions {
  readonly limit: number;
  /** Default: a second. */
  readonly windowMs?: number;
  readonly clock: Clock;
}

/** Counts per window with two numbers and without a timer, because each connection has a counter. */
export function createWindowCounter(options: WindowCounterOptions): WindowCounter {
  return new Counter(options);
}

/** A class, so that all connections share its method. */
class Counter implements WindowCounter {
  readonly #options: WindowCounterOptions;
  #windowStart = Number.NEGATIVE_INFINITY;
  #counted = 0;

  constructor(options: WindowCounterOptions) {
    this.#options = options;
  }

  count(): boolean {
    const { limit, windowMs = 1000, clock } = this.#options;
    const now = clock.monotonic();
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now;
      this.#counted = 0;
    }
    this.#counted += 1;
    return this.#counted <= limit;
  }
}
