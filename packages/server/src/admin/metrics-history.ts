import {
  type HistorySeries,
  historySeries,
  type MetricsHistory,
  type RefusalCode,
  type SystemMetrics,
} from "@signalbox/protocol";

const keptSeconds = 3600;

/** The metrics of the last hour, for an administrator who opens the dashboard. */
export interface History {
  /** @param now - milliseconds since the epoch */
  add(metrics: SystemMetrics, now: number): void;
  read(): MetricsHistory;
}

/** @param intervalSeconds - the time between two readings */
export function createMetricsHistory(intervalSeconds: number): History {
  const points: { at: number; metrics: SystemMetrics }[] = [];
  const maxPoints = Math.ceil(keptSeconds / intervalSeconds);

  return {
    add(metrics, now) {
      points.push({ at: Math.round(now / 1000), metrics });
      if (points.length > maxPoints) points.shift();
    },
    read() {
      const column = (series: HistorySeries): number[] => points.map(({ metrics }) => metrics[series]);
      const codes = new Set(points.flatMap(({ metrics }) => Object.keys(metrics.refusals_by_code) as RefusalCode[]));
      return {
        interval_seconds: intervalSeconds,
        at: points.map(({ at }) => at),
        series: Object.fromEntries(historySeries.map((name) => [name, column(name)])) as MetricsHistory["series"],
        refusals_by_code: Object.fromEntries(
          [...codes].map((code) => [code, points.map(({ metrics }) => metrics.refusals_by_code[code] ?? 0)]),
        ),
      };
    },
  };
}
