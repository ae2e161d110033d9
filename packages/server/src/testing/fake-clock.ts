import type { Clock } from "../core/ports.ts";

/** A clock that stands still until `advance` is called. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass: everything due in that time runs, in order, including what it starts itself. */
  advance(ms: number): void;
  /** Sets the time of day, as an operator may: `now()` jumps, while `monotonic()` and the timers do not notice. */
  setNow(now: number): void;
}

/**
 * Makes a clock for tests of anything that waits: pass it as `clock`, then move it with `advance`.
 * Promises are not awaited: `await` what the code under test returns, or let a turn pass, after each `advance`.
 * @param start - milliseconds since the epoch at which it stands
 */
export function createFakeClock(start = 1_000_000): FakeClock {
  let passed = 0;
  let wallOffset = start;
  let serial = 0;
  const timers = new Map<number, { at: number; run: () => void; every: number | null }>();

  function schedule(ms: number, run: () => void, every: number | null): () => void {
    serial += 1;
    const id = serial;
    timers.set(id, { at: passed + ms, run, every });
    return () => timers.delete(id);
  }

  return {
    now: () => wallOffset + passed,
    monotonic: () => passed,
    after: (ms, run) => schedule(ms, run, null),
    every: (ms, run) => schedule(ms, run, ms),
    advance(ms) {
      const end = passed + ms;
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b);
        if (next === undefined) break;
        const [id, timer] = next;
        passed = Math.max(passed, timer.at);
        if (timer.every === null) timers.delete(id);
        else timer.at += timer.every;
        timer.run();
      }
      passed = end;
    },
    setNow(now) {
      wallOffset = now - passed;
    },
  };
}
