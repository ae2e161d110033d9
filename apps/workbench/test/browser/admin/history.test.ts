import type { MetricsHistory, SystemMetrics } from "@signalbox/protocol";
import { describe, expect, test } from "vitest";
import { curvesOf, refusalSources } from "../../../browser/src/admin/curves.ts";
import { type Readings, withHistory, withReading } from "../../../browser/src/admin/history.ts";

/** A reading whose every figure tells it from others. */
const metrics = (figure: number, refusals: SystemMetrics["refusals_by_code"] = {}) =>
  ({
    ...{ connections: figure, events_per_second: figure, deliveries_per_second: figure, refusals_per_second: 0 },
    ...{ event_loop_lag_p99_ms: figure, cpu_percent: figure, memory_rss_bytes: figure, refusals_by_code: refusals },
  }) as SystemMetrics;

function historyOf(points: readonly [at: number, figure: number][]): MetricsHistory {
  const figures = points.map(([, figure]) => figure);
  const columns = Object.keys(metrics(0)).map((name) => [name, name === "refusals_per_second" ? [0] : figures]);
  const series = Object.fromEntries(columns) as MetricsHistory["series"];
  return { interval_seconds: 2, at: points.map(([at]) => at), series, refusals_by_code: {} };
}

const figuresOf = (readings: Readings): [number, number][] =>
  readings.map(({ at, series }) => [at, series.connections]);

describe("between what the server remembers and what it sends", () => {
  test("there is no gap, whatever arrives while the history is under way", () => {
    const live = withReading(withReading([], 105, metrics(3)), 107, metrics(4));
    const merged = withHistory(
      live,
      historyOf([
        [100, 1],
        [102, 2],
      ]),
    );
    expect(figuresOf(merged)).toEqual([
      [100, 1],
      [102, 2],
      [105, 3],
      [107, 4],
    ]);
  });

  test("nothing is there twice, though a frame comes up to a second after its reading", () => {
    const history = historyOf([
      [100, 1],
      [102, 2],
    ]);
    const early = withHistory(withReading([], 103, metrics(2)), history);
    expect(figuresOf(early)).toEqual(figuresOf(withHistory([], history)));
    const late = withReading(withHistory([], history), 103, metrics(2));
    expect(figuresOf(late)).toEqual(figuresOf(withHistory([], history)));
    expect(figuresOf(withReading(late, 104, metrics(2)))).toHaveLength(3);
  });

  test("what was seen before a restart of the server stays, with a hole where it was away", () => {
    const before = withHistory(
      [],
      historyOf([
        [100, 1],
        [102, 2],
      ]),
    );
    const empty = withHistory(before, historyOf([]));
    expect(empty).toBe(before);
    const after = withHistory(before, historyOf([[140, 9]]));
    expect(figuresOf(after)).toEqual([
      [100, 1],
      [102, 2],
      [140, 9],
    ]);
    expect(figuresOf(withHistory(before, historyOf([[103, 9]])))).toContainEqual([102, 2]);
    const { at, curves } = curvesOf(after, 2, [["connections", ({ series }) => series.connections]]);
    expect(at).toEqual([100, 102, 104, 140]);
    expect(curves[0]?.values).toEqual([1, 2, null, 9]);
  });

  test("nothing is older than an hour", () => {
    let readings: Readings = [];
    for (let at = 0; at < 5000; at += 2) readings = withReading(readings, at, metrics(at));
    expect(readings[0]?.at).toBe(4998 - 3600);
  });
});

test("refusals are drawn by code: the five most frequent ones, and all others together", () => {
  const codes = {
    forbidden: 9,
    blocked: 8,
    rate_limited: 7,
    origin_refused: 6,
    csrf_invalid: 5,
    internal: 2,
    unavailable: 1,
  };
  const readings = withReading([], 100, metrics(1, codes));
  const { curves } = curvesOf(readings, 2, refusalSources(readings));
  expect(Object.fromEntries(curves.map(({ label, values }) => [label, values[0]]))).toEqual({
    ...{ origin_refused: 6, csrf_invalid: 5, forbidden: 9, rate_limited: 7, blocked: 8 },
    others: 3,
  });
});
