import { prepareStorm, runStorm, type Storm } from "./progress.ts";
import type { Workload } from "./workload.ts";

const base: Storm = { watchers: 1000, tasks: 200, updatesPerSecond: 1000, choice: "random" };

/** Below this share of the updates taken, in percent, a server is at its limit, and its CPU time says nothing of growth. */
const keepsUp = 99;

/** What ten times more of one thing costs, all else being equal. */
export const growthWorkload: Workload = {
  name: "W7",
  title: "Growth: from 1,000 watchers, 200 tasks and 1,000 updates/s, one thing times ten",
  metrics: [
    { key: "base_share", label: "CPU at the base", unit: "%", better: "less" },
    { key: "watchers_growth", label: "100 to 1,000 watchers", unit: "times", better: "less" },
    { key: "tasks_growth", label: "200 to 2,000 tasks", unit: "times", better: "less" },
    { key: "updates_growth", label: "1,000 to 10,000 updates/s", unit: "times", better: "less" },
    { key: "more_updates_growth", label: "10,000 to 100,000 updates/s", unit: "times", better: "less" },
  ],
  async run(newStage, quick) {
    /** Shares of a core in percent, for each rate; undefined for a rate that the server did not keep up with. */
    async function sharesOf(storm: Storm, rates: readonly number[]): Promise<(number | undefined)[]> {
      const stage = await newStage();
      await prepareStorm(stage, storm);
      await runStorm(stage, storm, quick ? 1 : 2);
      const shares: (number | undefined)[] = [];
      for (const updatesPerSecond of rates) {
        const { cpuUs, seconds, taken } = await runStorm(stage, { ...storm, updatesPerSecond }, quick ? 2 : 5);
        shares.push(taken < keepsUp ? undefined : cpuUs / 10_000 / seconds);
      }
      return shares;
    }

    const rate = base.updatesPerSecond;
    const [few] = await sharesOf({ ...base, watchers: base.watchers / 10 }, [rate]);
    const [manyTasks] = await sharesOf({ ...base, tasks: base.tasks * 10 }, [rate]);
    const [share, more, most] = await sharesOf(base, [rate, rate * 10, rate * 100]);
    const figures = {
      base_share: share,
      watchers_growth: growth(few, share),
      tasks_growth: growth(share, manyTasks),
      updates_growth: growth(share, more),
      more_updates_growth: growth(more, most),
    };
    return Object.fromEntries(
      Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
    );
  },
};

const growth = (before: number | undefined, after: number | undefined): number | undefined =>
  before === undefined || after === undefined ? undefined : after / before;
