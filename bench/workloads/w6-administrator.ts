import { firstAdministrator } from "../peers/users.ts";
import type { Stage } from "../stage.ts";
import type { Workload } from "./workload.ts";

const tasks = 1000;
const updatesPerSecond = 5000;

/** The difference is small: code that is still being compiled in one of the two would be most of it. */
const warmUpSeconds = 5;

/** What an open admin page costs while a thousand tasks run. */
export const administratorWorkload: Workload = {
  name: "W6",
  title: "Administrator: 1,000 tasks with 5 updates/s each, 2,000 connections",
  metrics: [
    { key: "alone_share", label: "CPU, nobody on /admin", unit: "%", better: "less" },
    { key: "watched_share", label: "CPU, one administrator", unit: "%", better: "less" },
    { key: "cost_share", label: "the administrator's part", unit: "%", better: "less" },
    { key: "frames", label: "frames to the administrator", unit: "1/s", better: "neither" },
    { key: "p99_ms", label: "age of what is shown, p99", unit: "ms", better: "less" },
  ],
  async run(newStage, quick) {
    const stage = await newStage();
    const { server, load } = stage;
    const seconds = quick ? 3 : 8;
    const users = { from: 0, count: quick ? 500 : 2000 };
    const administrator = { from: firstAdministrator, count: 1 };
    await server.call("tasks", { count: tasks });
    await load.call("tokens", users);
    await load.call("tokens", administrator);
    await load.call("open", { ...users, atOnce: 50 });
    await updates(stage, warmUpSeconds);
    const alone = await updates(stage, seconds);
    await load.call("open", { ...administrator, atOnce: 1, namespace: "/admin" });
    await updates(stage, warmUpSeconds);
    const watched = await updates(stage, seconds);
    return {
      alone_share: alone.share,
      watched_share: watched.share,
      cost_share: watched.share - alone.share,
      frames: watched.frames / seconds,
      p99_ms: watched.p99Ms,
    };
  },
};

async function updates({ server, load, measure }: Stage, seconds: number) {
  await load.call("observe", { tasks });
  const { cpuUs } = await measure(() => server.call("progress", { tasks, updatesPerSecond, seconds }));
  const { frames, p99Ms } = await load.call("observed", {});
  return { share: cpuUs / 10_000 / seconds, frames, p99Ms };
}
