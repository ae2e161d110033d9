import type { Line } from "./line.ts";

/** When the machine gave the processes of a run no core. This time counts against no limit. */
export interface Stalls {
  take(line: Line): void;
  /** How much of the time between two moments that was, in milliseconds. */
  within(from: number, to: number): number;
  /** Calls `report` at the end, with the time that passed otherwise, if that is longer than the limit. */
  ifLonger(limitMs: number, from: number, to: number, report: (ownMs: number) => void): void;
  /** Every stall is known. */
  end(): void;
}

/** A process may write down only later that it has waited: what looks too long is judged at the end. */
export function createStalls(): Stalls {
  const begins: number[] = [];
  const ends: number[] = [];
  /** Of all stalls up to each one, with it. */
  const totals: number[] = [];
  const suspects: (() => void)[] = [];

  /** How long it stood still in all until a moment. */
  function until(moment: number): number {
    let index = 0;
    for (let after = ends.length; index < after; ) {
      const middle = (index + after) >> 1;
      if ((ends[middle] as number) <= moment) index = middle + 1;
      else after = middle;
    }
    return (totals[index - 1] ?? 0) + Math.max(0, moment - (begins[index] ?? Number.POSITIVE_INFINITY));
  }

  const within = (from: number, to: number): number => Math.max(0, until(to) - until(from));

  return {
    within,
    take(line) {
      if (line.operation !== "stalled") return;
      // Two that overlap are one: a long wait is known only when it is over.
      while ((begins.at(-1) ?? Number.NEGATIVE_INFINITY) >= line.at - line.ms) {
        for (const list of [begins, ends, totals]) list.pop();
      }
      const begin = Math.max(line.at - line.ms, ends.at(-1) ?? Number.NEGATIVE_INFINITY);
      begins.push(begin);
      ends.push(line.at);
      totals.push((totals.at(-1) ?? 0) + line.at - begin);
    },
    ifLonger(limitMs, from, to, report) {
      if (to - from <= limitMs) return;
      suspects.push(() => {
        const ownMs = to - from - within(from, to);
        if (ownMs > limitMs) report(ownMs);
      });
    },
    end() {
      for (const judge of suspects.splice(0)) judge();
    },
  };
}
