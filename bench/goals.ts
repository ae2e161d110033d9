import type { Results, WorkloadName } from "./report/results.ts";
import { summarise } from "./statistics.ts";

/** A figure that Signalbox has to reach. */
export interface Goal {
  readonly workload: WorkloadName;
  readonly title: string;
  readonly metric: string;
  /** `ratio`: against the reference in the same round; `value`: the figure itself. The median of all rounds counts. */
  readonly of: "ratio" | "value";
  readonly limit: number;
  readonly direction: "at most" | "at least";
  /** Behind the limit of a `value`. */
  readonly unit: string;
}

export interface GoalOutcome {
  readonly goal: Goal;
  /** Undefined when the run has no such figure. */
  readonly figure: number | undefined;
  /** `open`: the workload, or the peer that it is measured against, was not part of the run. */
  readonly verdict: "met" | "missed" | "open";
}

/** Whose figures are judged. */
export const judged = "signalbox";

type Rest = Partial<Pick<Goal, "of" | "direction" | "unit">>;

const goal = (workload: WorkloadName, title: string, metric: string, limit: number, rest: Rest = {}): Goal => ({
  ...{ workload, title, metric, limit, of: "ratio", direction: "at most", unit: "" },
  ...rest,
});

const value = (unit: string): Rest => ({ of: "value", unit });

export const goals: readonly Goal[] = [
  goal("W1", "CPU per admitted connection", "cpu_us", 1.25),
  goal("W1", "Resident memory per idle connection", "resident_kb", 0.8),
  goal("W2", "Burst: CPU per delivery", "burst_cpu_us", 0.12),
  goal("W2", "Single: CPU per delivery", "single_cpu_us", 0.8),
  goal("W2", "Burst: deliveries per second on one core", "burst_per_s", 8, { direction: "at least" }),
  goal("W2", "p99 latency at 20 broadcasts/s", "rate_p99_ms", 1),
  goal("W3", "CPU per update", "random_cpu_us", 0.05),
  goal("W3", "Staleness p99", "random_p99_ms", 150, value("ms")),
  goal("W3", "Updates taken", "random_taken", 100, { ...value("%"), direction: "at least" }),
  goal("W3", "Event-loop lag p99", "random_lag_ms", 10, value("ms")),
  goal("W4", "Memory growth with a client that does not read", "resident_mb", 2, value("MB")),
  goal("W5", "Back after 1 s of absence: share", "after1_back", 100, { ...value("%"), direction: "at least" }),
  goal("W5", "Back after 1 s of absence: refused", "after1_refused", 0, value("")),
  goal("W5", "Back after 1 s of absence: the last one", "after1_max_s", 3, value("s")),
  goal("W5", "Back after 8 s of absence: share", "after8_back", 100, { ...value("%"), direction: "at least" }),
  goal("W5", "Back after 8 s of absence: refused", "after8_refused", 0, value("")),
  goal("W5", "Back after 8 s of absence: the last one", "after8_max_s", 5, value("s")),
  goal("W6", "An administrator who looks: of a core", "cost_share", 3, value("%")),
  goal("W6", "Frames to each administrator", "frames", 1, value("1/s")),
  goal("W7", "CPU with ten times the updates, equal watchers", "updates_growth", 1.5, value("times")),
];

/** Judges every goal by what a run has measured. */
export function judge(results: Pick<Results, "runs">): GoalOutcome[] {
  return goals.map((each) => {
    const summary = summarise(results, each.workload, judged, each.metric);
    const figure = each.of === "ratio" ? summary?.ratio?.median : summary?.median;
    if (figure === undefined) return { goal: each, figure, verdict: "open" };
    const met = each.direction === "at most" ? figure <= each.limit : figure >= each.limit;
    return { goal: each, figure, verdict: met ? "met" : "missed" };
  });
}
