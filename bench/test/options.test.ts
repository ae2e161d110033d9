import { expect, test } from "vitest";
import { readOptions } from "../options.ts";
import { workloadNames } from "../report/results.ts";

test("without options everything runs, five rounds", () => {
  expect(readOptions([])).toMatchObject({
    quick: false,
    rounds: 5,
    only: workloadNames,
    peers: undefined,
    assert: false,
  });
});

test("workloads are named in any case, and a quick run has two rounds", () => {
  expect(readOptions(["--quick", "--only", "w1,W3"])).toMatchObject({ quick: true, rounds: 2, only: ["W1", "W3"] });
  expect(readOptions(["--quick", "--rounds", "7", "--peers", "signalbox,bare"])).toMatchObject({
    ...{ rounds: 7, peers: ["signalbox", "bare"] },
  });
});

test("what is no option or no value of one is refused", () => {
  for (const args of [["--only", "W9"], ["--rounds", "0"], ["--rounds", "many"], ["--fast"], ["W1"]]) {
    expect(() => readOptions(args), args.join(" ")).toThrow(TypeError);
  }
});
