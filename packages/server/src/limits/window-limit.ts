import type { Clock } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** Maximum number of keys that are tracked at a time. Beyond it all further keys share one budget, never none. */
const maxKeys = 100_000;

/** The budget that further keys share when there are too many. */
const everybodyElse = "(everybody else)";

interface WindowLimitOptions {
  readonly points: number;
  readonly seconds: number;
  /** The settings of this limit, for the developer of a refused client. */
  readonly settings: string;
  readonly clock: Pick<Clock, "monotonic">;
}

interface Window {
  /** In monotonic milliseconds. */
  readonly endsAt: number;
  used: number;
}

/**
 * Counts uses by key in windows that begin with the first use. Windows are kept in the order of their end, so that
 * ended ones are dropped without a timer for each, and the number of keys is bounded (docs/decisions/0009).
 * @returns takes one point from a key's budget
 * @throws Refusal `rate_limited` with the time until the window ends
 */
export function createWindowLimit({ points, seconds, settings, clock }: WindowLimitOptions): (key: string) => void {
  const windows = new Map<string, Window>();
  /** When the first window ends. Until then no window has to be dropped. */
  let firstEnd = Number.NEGATIVE_INFINITY;

  function forgetEnded(now: number): void {
    if (firstEnd > now) return;
    for (const [key, { endsAt }] of windows) {
      firstEnd = endsAt;
      if (endsAt > now) return;
      windows.delete(key);
    }
  }

  function windowOf(key: string, now: number): Window {
    const known = windows.get(key);
    if (known !== undefined && known.endsAt > now) return known;
    forgetEnded(now);
    if (windows.size >= maxKeys && key !== everybodyElse) return windowOf(everybodyElse, now);
    const begun = { endsAt: now + seconds * 1000, used: 0 };
    windows.delete(key);
    windows.set(key, begun);
    return begun;
  }

  return (key) => {
    const now = clock.monotonic();
    const window = windowOf(key, now);
    window.used += 1;
    if (window.used <= points) return;
    throw new Refusal("rate_limited", {
      retryAfterMs: Math.max(1, window.endsAt - now),
      hint: `${settings}: ${points} in ${seconds} s.`,
    });
  };
}
