import type { SystemMetrics } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";
import { type Readings, withHistory, withReading } from "./history.ts";
import { createLatest } from "./latest.ts";

interface OverviewState {
  readonly metrics: SystemMetrics | null;
  readonly readings: Readings;
  /** Seconds between two readings. */
  readonly interval: number;
  readonly problem: string | null;
}

export interface OverviewStore {
  readonly state: Readable<OverviewState>;
  read(): void;
}

/** The server's metrics of the last hour. */
export function openOverview(section: Section): OverviewStore {
  const state = section.keep<OverviewState>({ metrics: null, readings: [], interval: 2, problem: null });
  const ask = createLatest(section, (problem) => state.patch({ problem }));

  section.onBatch(({ at, metrics }) => {
    if (metrics === undefined) return;
    const readings = withReading(state.get().readings, Math.round(Date.parse(at) / 1000), metrics);
    state.patch({ metrics, readings });
  });
  function read(): void {
    void ask(
      () => section.request("get_metrics_history", {}),
      (history) => {
        const readings = withHistory(state.get().readings, history);
        state.patch({ readings, interval: history.interval_seconds, problem: null });
      },
    );
  }

  section.onOpen(read);
  return { state, read };
}
