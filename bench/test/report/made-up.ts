import { type Results, type Run, reference, type WorkloadInfo } from "../../report/results.ts";

export const fanOut: WorkloadInfo = {
  name: "W2",
  title: "Fan-out",
  metrics: [
    { key: "burst_cpu_us", label: "burst: CPU per delivery", unit: "µs", better: "less" },
    { key: "burst_per_s", label: "burst: deliveries", unit: "1/s", better: "more" },
    { key: "rounds_done", label: "rounds done", unit: "", better: "neither" },
  ],
};

/** Rounds of one metric of W2 for each peer, in order of the rounds. */
export function madeUp(figures: Readonly<Record<string, readonly number[]>>, metric = "burst_cpu_us"): Results {
  const runs = Object.entries(figures).flatMap(([peer, values]) =>
    values.map((value, index): Run => ({ workload: "W2", peer, round: index + 1, metrics: { [metric]: value } })),
  );
  return {
    started_at: "2026-01-02T03:04:05Z",
    seconds: 90,
    machine: { cpu: "Some CPU", cores: 2, kernel: "6.1", node: "24.1.0", pinned: true },
    options: { quick: false, rounds: 3, only: ["W2"] },
    peers: Object.keys(figures),
    skipped: [],
    runs,
    warnings: [],
  };
}

/** The middle round is a slow one for everybody: the machine's doing, not a peer's. */
export const slowMiddle = madeUp({ [reference]: [10, 40, 20], signalbox: [1, 4, 1] });
