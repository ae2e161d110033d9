import { type RefusalCode, refusalCodes } from "@signalbox/protocol";
import type { Reading, Readings } from "./history.ts";

/** One line of a chart; null where there is no measurement. */
export interface Curve {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

export interface Curves {
  /** Seconds since the epoch. */
  readonly at: readonly number[];
  readonly curves: readonly Curve[];
}

/** The name of a line, and the value that it takes from each reading. */
export type Source = readonly [label: string, value: (reading: Reading) => number];

/** More lines than this are hard to distinguish. */
const maxCodes = 5;

/**
 * Converts readings to columns, with a gap where the server was away: a line across the gap would be invented.
 * @param interval - seconds between two readings
 */
export function curvesOf(readings: Readings, interval: number, sources: readonly Source[]): Curves {
  const withHoles: (Reading | number)[] = [];
  let last: number | undefined;
  for (const reading of readings) {
    if (last !== undefined && reading.at - last > 3 * interval) withHoles.push(last + interval);
    withHoles.push(reading);
    last = reading.at;
  }
  return {
    at: withHoles.map((each) => (typeof each === "number" ? each : each.at)),
    curves: sources.map(([label, value]) => ({
      label,
      values: withHoles.map((each) => (typeof each === "number" ? null : value(each))),
    })),
  };
}

/** The most frequent codes, and all others combined. */
export function refusalSources(readings: Readings): Source[] {
  const totals = new Map<RefusalCode, number>();
  for (const { refusals } of readings) {
    for (const [code, rate] of Object.entries(refusals) as [RefusalCode, number][]) {
      totals.set(code, (totals.get(code) ?? 0) + rate);
    }
  }
  const often = [...totals].filter(([, total]) => total > 0).sort(([, a], [, b]) => b - a);
  // In the order of the refusal table, so that a line keeps its colour when the ranking changes.
  const shown = new Set(often.slice(0, maxCodes).map(([code]) => code));
  const sources = refusalCodes
    .filter((code) => shown.has(code))
    .map((code): Source => [code, ({ refusals }) => refusals[code] ?? 0]);
  if (often.length <= maxCodes) return sources;
  const others = often.slice(maxCodes).map(([code]) => code);
  return [...sources, ["others", ({ refusals }) => others.reduce((sum, code) => sum + (refusals[code] ?? 0), 0)]];
}
