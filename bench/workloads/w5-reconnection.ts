import type { Metric } from "../report/results.ts";
import type { Workload } from "./workload.ts";

const absences = [1, 8] as const;

/** Longer than the longest delay of either library: a client that is not back by then does not come. */
const withinSeconds = 30;

const keyOf = (absent: number, percent: number): string =>
  `after${absent}_${percent === 100 ? "max" : `p${percent}`}_s`;

const metricsOf = (absent: number): Metric[] => [
  { key: keyOf(absent, 50), label: `after ${absent} s: half are back`, unit: "s", better: "less" },
  { key: keyOf(absent, 95), label: `after ${absent} s: 95 % are back`, unit: "s", better: "less" },
  { key: keyOf(absent, 100), label: `after ${absent} s: the last is back`, unit: "s", better: "less" },
  { key: `after${absent}_back`, label: `after ${absent} s: are back`, unit: "%", better: "more" },
  { key: `after${absent}_refused`, label: `after ${absent} s: refused`, unit: "", better: "less" },
];

/** Everybody comes back to a server that was killed. Times count from the moment at which it listens again. */
export const reconnectionWorkload: Workload = {
  name: "W5",
  title: "Reconnection storm: 2,000 clients, the server is gone for 1 s and for 8 s",
  metrics: absences.flatMap(metricsOf),
  async run(newStage, quick) {
    const users = { from: 0, count: quick ? 500 : 2000 };
    const figures: Record<string, number> = {};
    for (const absent of absences) {
      const { load, restart } = await newStage();
      await load.call("tokens", users);
      await load.call("open", { ...users, atOnce: 50 });
      await load.call("comeBack", {});
      const sinceUs = await restart(absent * 1000);
      const { lost, back, refused, twentiethsMs } = await load.call("areBack", { sinceUs, withinSeconds });
      if (lost < users.count) throw new Error(`Only ${lost} of ${users.count} clients noticed the server's end.`);
      // The table has three of these, the plot all.
      for (const [index, ms] of twentiethsMs.entries()) figures[keyOf(absent, (index + 1) * 5)] = ms / 1000;
      figures[`after${absent}_back`] = (back / users.count) * 100;
      figures[`after${absent}_refused`] = refused;
    }
    return figures;
  },
};
