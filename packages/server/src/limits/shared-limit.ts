import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** Interval at which messages are counted in the shared budget: a message must not wait for Redis. */
const settleMs = 100;

/** Maximum number of refused keys. The oldest are dropped, and are refused again after their next settlement. */
const maxKeptOut = 10_000;

/**
 * Takes from a budget that all processes share. Resolves with the milliseconds until the budget is filled again, or
 * with 0 when the budget sufficed or cannot be read. If it cannot be read, each process enforces only its own budget.
 */
export type SharedBudget = (subject: string, count: number) => Promise<number>;

/** Budgets that all processes share, by name. */
export interface SharedBudgets {
  budget(name: string, points: number, seconds: number): SharedBudget;
}

const refusal = (retryAfterMs: number, settings: string): Refusal =>
  new Refusal("rate_limited", { retryAfterMs, hint: `${settings}, over all nodes.` });

/** Takes from the budget of this process and then, exactly, from the budget that all processes share. */
export function withShared(
  own: (key: string) => void,
  budget: SharedBudget,
  settings: string,
): (key: string) => Promise<void> {
  return async (key) => {
    own(key);
    const waitMs = await budget(key, 1);
    if (waitMs > 0) throw refusal(waitMs, settings);
  };
}

interface SettledOptions {
  readonly own: (key: string) => void;
  readonly budget: SharedBudget;
  readonly settings: string;
  readonly clock: Clock;
}

/**
 * Takes from the budget of this process at once, and from the shared budget once per tick, for all uses of the tick
 * together. A key that exceeds the shared budget is refused on every node until the budget is filled again. So across
 * several nodes a burst may exceed the limit by the uses of one tick, but the rate may not.
 */
export function settleLater({ own, budget, settings, clock }: SettledOptions): {
  take(key: string): void;
  close(): void;
} {
  let used = new Map<string, number>();
  const keptOut = createBoundedMap<string, number>(maxKeptOut);

  const stop = clock.every(settleMs, () => {
    const batch = used;
    used = new Map();
    for (const [key, count] of batch) void settle(key, count);
  });

  async function settle(key: string, count: number): Promise<void> {
    const waitMs = await budget(key, count);
    if (waitMs > 0) keptOut.set(key, clock.monotonic() + waitMs);
  }

  return {
    take(key) {
      const until = keptOut.get(key);
      const now = clock.monotonic();
      if (until !== undefined && until > now) throw refusal(until - now, settings);
      if (until !== undefined) keptOut.delete(key);
      own(key);
      used.set(key, (used.get(key) ?? 0) + 1);
    },
    close: stop,
  };
}
