import { type Results, reference, type WorkloadName } from "./report/results.ts";

/** A figure over several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A metric of a peer over all rounds. `ratio` is against the reference in the same round; undefined without one. */
export interface Summary extends Spread {
  readonly ratio: Spread | undefined;
}

/** @throws RangeError for no values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  const [min] = sorted;
  const max = sorted.at(-1);
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) {
    throw new RangeError("There is no median of no values.");
  }
  return { median: (lower + upper) / 2, min, max };
}

/**
 * What all rounds say of a metric. The machine's speed changes within minutes, so a ratio is taken in each round
 * between neighbours in time, and the median of these ratios counts.
 * @returns undefined when the peer has no such figure
 */
export function summarise(
  { runs }: Pick<Results, "runs">,
  workload: WorkloadName,
  peer: string,
  metric: string,
): Summary | undefined {
  const valueIn = (name: string, round: number): number | undefined =>
    runs.find((run) => run.workload === workload && run.peer === name && run.round === round)?.metrics[metric];
  const own = runs.filter((run) => run.workload === workload && run.peer === peer);
  const values: number[] = [];
  const ratios: number[] = [];
  for (const { round, metrics } of own) {
    const value = metrics[metric];
    const base = valueIn(reference, round);
    if (value === undefined) continue;
    values.push(value);
    if (base !== undefined && base > 0) ratios.push(value / base);
  }
  if (values.length === 0) return undefined;
  return { ...spreadOf(values), ratio: ratios.length === 0 ? undefined : spreadOf(ratios) };
}
