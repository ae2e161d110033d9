import { expect, test } from "vitest";
import { spreadOf, summarise } from "../statistics.ts";

test("the median of an odd number of values is the middle one, of an even number the mean of the middle two", () => {
  expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
  expect(spreadOf([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

const run = (peer: string, round: number, cpu: number) => ({
  workload: "W1" as const,
  peer,
  round,
  metrics: { cpu },
});

test("a ratio is taken within a round, so that a machine that becomes slower does not change it", () => {
  // Each round is twice as slow as the one before: of the medians alone the ratio would be 1.
  const runs = [run("bare", 1, 10), run("signalbox", 1, 5), run("bare", 2, 20), run("signalbox", 2, 10)];
  const results = { runs: [...runs, run("bare", 3, 40), run("signalbox", 3, 20)] };
  const summary = summarise(results, "W1", "signalbox", "cpu");
  expect(summary).toEqual({ median: 10, min: 5, max: 20, ratio: { median: 0.5, min: 0.5, max: 0.5 } });
});

test("a round without the reference counts for the figure, not for the ratio", () => {
  const results = { runs: [run("signalbox", 1, 5), run("bare", 2, 10), run("signalbox", 2, 20)] };
  const summary = summarise(results, "W1", "signalbox", "cpu");
  expect(summary).toEqual({ median: 12.5, min: 5, max: 20, ratio: { median: 2, min: 2, max: 2 } });
});

test("what was not measured has no summary", () => {
  expect(summarise({ runs: [] }, "W1", "signalbox", "cpu")).toBeUndefined();
  expect(summarise({ runs: [run("bare", 1, 1)] }, "W1", "bare", "other")).toBeUndefined();
});
