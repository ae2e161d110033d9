import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** How far the shared count of messages is behind: a message must not wait for Redis. */
const settleMs = 100;

/** Places that are kept out at a time; the oldest are forgotten, and found again when they are settled next. */
const maxKeptOut = 10_000;

/**
 * Takes from a budget that all processes share. Answers with the milliseconds until there is something in it again, or
 * 0: it sufficed, or nobody can say, and each process holds to its own.
 */
export type SharedBudget = (place: string, count: number) => Promise<number>;

/** Budgets that all processes share, each by its name. */
export interface SharedBudgets {
  budget(name: string, points: number, seconds: number): SharedBudget;
}

const refusal = (retryAfterMs: number, settings: string): Refusal =>
  new Refusal("rate_limited", { retryAfterMs, hint: `${settings}, over all nodes.` });

/** Takes from a process' own budget and then, exactly, from the one that all processes share. */
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
 * Takes from a process' own budget at once, and from the shared one what was used within a tick, together. Whoever has
 * used more than the shared budget is refused everywhere until it is filled again: over several nodes a burst may be
 * larger by what fits into a tick, and a rate may not.
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
