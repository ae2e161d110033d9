/** What a run of the bench yields, as it is written to a file and read again by the report. Plain JSON. */

export const workloadNames = ["W1", "W2", "W3", "W4", "W5", "W6", "W7"] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** The peer that every ratio is against. */
export const reference = "bare";

export interface Results {
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly options: { readonly quick: boolean; readonly rounds: number; readonly only: readonly WorkloadName[] };
  /** In the order in which they ran within a round. */
  readonly peers: readonly string[];
  readonly skipped: readonly { readonly peer: string; readonly reason: string }[];
  readonly runs: readonly Run[];
  /** What makes figures doubtful: a load process at its limit, say. One sentence each. */
  readonly warnings: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  /** Whether server and load had a core each. */
  readonly pinned: boolean;
}

/** One peer in one round of one workload, with the raw figures by the key of their metric. */
export interface Run {
  readonly workload: WorkloadName;
  readonly peer: string;
  /** From 1. */
  readonly round: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a figure means, for tables and plots. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  /** Such as `µs`, `KB`, `ms`, `1/s`; empty for a plain number. */
  readonly unit: string;
  readonly better: "less" | "more" | "neither";
}

/** What a workload is, for headings and tables. */
export interface WorkloadInfo {
  readonly name: WorkloadName;
  readonly title: string;
  /** In the order of the table's columns. */
  readonly metrics: readonly Metric[];
}
