import type { Metric } from "../report/results.ts";
import { prepareStorm, runStorm, type Storm } from "./progress.ts";
import type { Workload } from "./workload.ts";

const storm = { watchers: 1000, tasks: 200, updatesPerSecond: 10_000 } as const;

const metricsOf = (choice: Storm["choice"]): Metric[] => [
  { key: `${choice}_cpu_us`, label: `${choice}: CPU per update`, unit: "µs", better: "less" },
  { key: `${choice}_taken`, label: `${choice}: updates taken`, unit: "%", better: "more" },
  { key: `${choice}_frames`, label: `${choice}: frames sent`, unit: "1/s", better: "neither" },
  { key: `${choice}_p50_ms`, label: `${choice}: staleness p50`, unit: "ms", better: "less" },
  { key: `${choice}_p99_ms`, label: `${choice}: staleness p99`, unit: "ms", better: "less" },
  { key: `${choice}_lag_ms`, label: `${choice}: event-loop lag p99`, unit: "ms", better: "less" },
];

/**
 * Progress as fast as it is reported. Who watches what matters: with a random choice no two watchers want the same,
 * which is the harder case and the one that is judged; in blocks many do.
 */
export const progressWorkload: Workload = {
  name: "W3",
  title: "Progress storm: 200 tasks, 10,000 updates/s, 1,000 watchers of 5 tasks each",
  metrics: [...metricsOf("random"), ...metricsOf("blocks")],
  async run(newStage, quick) {
    const figures: Record<string, number> = {};
    for (const choice of ["random", "blocks"] as const) {
      const stage = await newStage();
      await prepareStorm(stage, { ...storm, choice });
      await runStorm(stage, { ...storm, choice }, quick ? 1 : 2);
      const measured = await runStorm(stage, { ...storm, choice }, quick ? 3 : 8);
      figures[`${choice}_cpu_us`] = measured.cpuUs / measured.processed;
      figures[`${choice}_taken`] = measured.taken;
      figures[`${choice}_frames`] = measured.framesPerSecond;
      figures[`${choice}_p50_ms`] = measured.p50Ms;
      figures[`${choice}_p99_ms`] = measured.p99Ms;
      figures[`${choice}_lag_ms`] = measured.lagP99Ms;
    }
    return figures;
  },
};
