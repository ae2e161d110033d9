import { expect, it } from "vitest";
import { joinResults } from "../../report/join-results.ts";
import type { Results, Run, WorkloadName } from "../../report/results.ts";

const resultsOf = (workload: WorkloadName, more: Partial<Results> = {}): Results => ({
  started_at: "2026-11-26T18:00:00.000Z",
  seconds: 60,
  machine: { cpu: "any", cores: 2, kernel: "6", node: "v24", pinned: true },
  options: { quick: false, rounds: 5, only: [workload] },
  peers: ["signalbox", "bare"],
  skipped: [{ peer: "nats", reason: "not installed" }],
  runs: ["signalbox", "bare"].map((peer): Run => ({ workload, peer, round: 1, metrics: { cpu_us: 1 } })),
  warnings: [`${workload} was disturbed.`],
  ...more,
});

it("the joined result has every workload's runs, the earliest start, the time of all, and each doubt", () => {
  const earlier = resultsOf("W5", { started_at: "2026-11-26T17:00:00.000Z", peers: ["signalbox", "bare", "ws"] });
  const joined = joinResults([resultsOf("W1"), earlier]);
  expect(joined).toMatchObject({
    started_at: "2026-11-26T17:00:00.000Z",
    seconds: 120,
    options: { quick: false, rounds: 5, only: ["W1", "W5"] },
    peers: ["signalbox", "bare", "ws"],
    skipped: [{ peer: "nats", reason: "not installed" }],
    warnings: ["W1 was disturbed.", "W5 was disturbed."],
  });
  expect(joined.runs.map(({ workload, peer }) => `${workload} ${peer}`)).toEqual([
    ...["W1 signalbox", "W1 bare", "W5 signalbox", "W5 bare"],
  ]);
});

it("the joined result of one run is that run", () => {
  expect(joinResults([resultsOf("W3")])).toEqual(resultsOf("W3"));
});

it("joining refuses a workload that is in two runs, another machine, another number of rounds, and no runs", () => {
  const quick = resultsOf("W2", { options: { quick: true, rounds: 2, only: ["W2"] } });
  const elsewhere = resultsOf("W2", { machine: { ...resultsOf("W2").machine, cpu: "another" } });
  expect(() => joinResults([resultsOf("W1"), resultsOf("W1")])).toThrow("W1 is in 2");
  expect(() => joinResults([resultsOf("W1"), quick])).toThrow("another machine, or of another number of rounds");
  expect(() => joinResults([resultsOf("W1"), elsewhere])).toThrow("another machine");
  expect(() => joinResults([])).toThrow("no results");
});
