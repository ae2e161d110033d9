/** A map that drops its oldest entries when it is full. */
import { expect, it } from "vitest";
import { createBoundedMap } from "../../src/core/bounded-map.ts";

const filled = (count: number, max: number) => {
  const map = createBoundedMap<number, string>(max);
  for (let key = 0; key < count; key += 1) map.set(key, `value ${key}`);
  return map;
};

it("a bounded map keeps what fits, and drops the oldest entry for each new one beyond its size", () => {
  expect([...filled(3, 3).keys()]).toEqual([0, 1, 2]);
  expect([...filled(4, 3)]).toEqual([
    [1, "value 1"],
    [2, "value 2"],
    [3, "value 3"],
  ]);
  expect([...filled(100, 3).keys()]).toEqual([97, 98, 99]);
});

it("a bounded map that is full takes a new value of a known key without forgetting any", () => {
  const map = filled(3, 3);
  map.set(1, "new");
  expect([...map]).toEqual([
    [0, "value 0"],
    [1, "new"],
    [2, "value 2"],
  ]);
});

it("a bounded map goes on forgetting after entries were deleted, put in anew, or all cleared", () => {
  const map = filled(5, 3);
  map.delete(2);
  map.set(9, "nine");
  map.set(10, "ten");
  expect(map.size).toBe(3);
  map.delete(10);
  map.set(10, "again");
  for (let key = 20; key < 40; key += 1) map.set(key, "");
  expect([...map.keys()]).toEqual([37, 38, 39]);
  map.clear();
  for (let key = 0; key < 9; key += 1) map.set(key, "");
  expect([...map.keys()]).toEqual([6, 7, 8]);
});
