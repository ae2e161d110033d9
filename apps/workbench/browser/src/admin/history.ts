import { type HistorySeries, historySeries, type MetricsHistory, type SystemMetrics } from "@signalbox/protocol";

/** One reading of the server's metrics, with the fields that charts show. */
export interface Reading {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly series: Readonly<Record<HistorySeries, number>>;
  readonly refusals: SystemMetrics["refusals_by_code"];
}

/** Oldest first. */
export type Readings = readonly Reading[];

/** The time range of the charts, in seconds. */
export const shownSeconds = 3600;

/** A frame is sent up to a second after its reading, and the history rounds to seconds. */
const frameDelaySeconds = 1.6;

/**
 * Merges the server's history with the readings known here. The history takes precedence from its first reading on.
 * Older readings come from before a restart of the server, and newer ones arrived while the history was in flight.
 */
export function withHistory(known: Readings, history: MetricsHistory): Readings {
  const remembered = readingsOf(history);
  const [first, last] = [remembered[0], remembered.at(-1)];
  if (first === undefined || last === undefined) return known;
  const older = known.filter((reading) => reading.at < first.at && !isSame(reading, first));
  const newer = known.filter((reading) => reading.at > last.at && !isSame(reading, last));
  return lastHour([...older, ...remembered, ...newer]);
}

/** Adds the reading of a frame, unless the history already contains it. */
export function withReading(known: Readings, at: number, metrics: SystemMetrics): Readings {
  const series = Object.fromEntries(historySeries.map((name) => [name, metrics[name]])) as Reading["series"];
  const reading = { at, series, refusals: metrics.refusals_by_code };
  const last = known.at(-1);
  return last !== undefined && isSame(reading, last) ? known : lastHour([...known, reading]);
}

function readingsOf({ at, series, refusals_by_code }: MetricsHistory): Reading[] {
  return at.map((moment, index) => ({
    at: moment,
    series: Object.fromEntries(historySeries.map((name) => [name, series[name][index] ?? 0])) as Reading["series"],
    refusals: Object.fromEntries(Object.entries(refusals_by_code).map(([code, column]) => [code, column[index] ?? 0])),
  }));
}

/**
 * A frame contains its sending time, not the time of its reading: two readings close in time with equal values are the
 * same.
 */
const isSame = (a: Reading, b: Reading): boolean =>
  Math.abs(a.at - b.at) < frameDelaySeconds && historySeries.every((name) => a.series[name] === b.series[name]);

function lastHour(readings: Reading[]): Readings {
  const oldest = (readings.at(-1)?.at ?? 0) - shownSeconds;
  const start = readings.findIndex(({ at }) => at >= oldest);
  return start === 0 ? readings : readings.slice(start);
}
