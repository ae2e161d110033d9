import { expect, it } from "vitest";
import { histogram, percentile } from "../support/percentile.ts";

it("a percentile is the nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(hundred, 0.99), percentile(hundred, 0.5), percentile(hundred, 1)]).toEqual([99, 50, 100]);
  expect(percentile([], 0.99)).toBe(0);
});

it("a histogram counts each value once, from zero on", () => {
  expect(histogram([0, 499, 500, 1600], 500)).toEqual([2, 1, 0, 1]);
});
