import { expect, test } from "vitest";
import { goals, judge } from "../goals.ts";
import type { Run } from "../report/results.ts";
import { workloads } from "../workloads/workloads.ts";

const run = (workload: Run["workload"], peer: string, metrics: Run["metrics"]): Run => ({
  ...{ workload, peer, round: 1, metrics },
});

const verdictOf = (runs: readonly Run[], metric: string) => judge({ runs }).find(({ goal }) => goal.metric === metric);

test("every goal is about a figure that its workload yields", () => {
  for (const { workload, metric } of goals) {
    const keys = workloads.find(({ name }) => name === workload)?.metrics.map(({ key }) => key);
    expect(keys, `${workload} ${metric}`).toContain(metric);
  }
});

test("a ratio at its limit is met, above it missed", () => {
  const bare = run("W1", "bare", { cpu_us: 100 });
  const at = (cpu_us: number) => verdictOf([bare, run("W1", "signalbox", { cpu_us })], "cpu_us");
  expect(at(125)).toMatchObject({ figure: 1.25, verdict: "met" });
  expect(at(126)).toMatchObject({ figure: 1.26, verdict: "missed" });
});

test("a goal that asks for at least something is missed below it", () => {
  const bare = run("W2", "bare", { burst_per_s: 100 });
  const at = (burst_per_s: number) => verdictOf([bare, run("W2", "signalbox", { burst_per_s })], "burst_per_s");
  expect(at(800)?.verdict).toBe("met");
  expect(at(799)?.verdict).toBe("missed");
});

test("a goal that is a value needs no reference", () => {
  expect(verdictOf([run("W4", "signalbox", { resident_mb: 2.1 })], "resident_mb")?.verdict).toBe("missed");
  expect(verdictOf([run("W4", "signalbox", { resident_mb: -0.2 })], "resident_mb")?.verdict).toBe("met");
});

test("without a figure, or without the reference of a ratio, a goal stays open; one that is no number is missed", () => {
  expect(verdictOf([], "cpu_us")?.verdict).toBe("open");
  expect(verdictOf([run("W1", "signalbox", { cpu_us: 1 })], "cpu_us")?.verdict).toBe("open");
  expect(verdictOf([run("W5", "signalbox", { after1_max_s: Number.NaN })], "after1_max_s")?.verdict).toBe("missed");
});
