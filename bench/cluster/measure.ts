import { Redis } from "ioredis";
import { firstAdministrator } from "../peers/users.ts";
import { cpuUs, residentBytes } from "../process/usage.ts";
import { setClusterStage } from "./stage.ts";

/** What is put on the nodes together. */
export interface Load {
  readonly nodes: number;
  /** Each watches one task. */
  readonly connections: number;
  readonly tasks: number;
  readonly updatesPerSecond: number;
  readonly seconds: number;
}

/** What was seen in one stretch of a run. */
export interface Sample {
  readonly atSeconds: number;
  readonly deliveriesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** By node: share of a core, and resident memory in megabytes. */
  readonly cpu: readonly number[];
  readonly memoryMb: readonly number[];
  readonly redis: { readonly cpu: number; readonly commandsPerSecond: number; readonly bytesPerSecond: number };
}

export interface Measured {
  readonly load: Load;
  readonly samples: readonly Sample[];
  /** By node: resident megabytes at the end, once garbage has been collected. What lies in between is garbage. */
  readonly collectedMb: readonly number[];
}

const stretchSeconds = 15;
const warmUpSeconds = 10;
const atOnce = 40;

/** There are no more than 4,000 in the bench. */
const mostUsers = 2500;

/** Connects everybody, lets each watch a task, and updates all tasks in turn for so long. */
export async function measureCluster(load: Load, onSample: (sample: Sample) => void): Promise<Measured> {
  const { nodes: count, connections, tasks, updatesPerSecond, seconds } = load;
  const tasksOfEach = tasks / count;
  const ofEach = connections / count;
  const stage = await setClusterStage(count, tasksOfEach);
  const redis = new Redis(stage.redis.url);
  const { nodes } = stage;
  const pids = nodes.map(({ pid }) => pid);

  async function usage() {
    const info = await redis.info();
    const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
    return {
      at: performance.now(),
      cpuUs: pids.map((pid) => cpuUs([pid])),
      redisUs: cpuUs([stage.redis.pid]),
      commands: field("total_commands_processed"),
      bytes: field("total_net_input_bytes") + field("total_net_output_bytes"),
    };
  }

  function update(forSeconds: number) {
    const params = { tasks: tasksOfEach, updatesPerSecond: updatesPerSecond / count, seconds: forSeconds };
    return Promise.all(nodes.map(({ server }) => server.call("progress", params as never)));
  }

  async function stretch(startedAt: number): Promise<Sample> {
    await Promise.all(nodes.map((node) => node.load.call("observe", { tasks })));
    const before = await usage();
    await update(stretchSeconds);
    const after = await usage();
    const seen = await Promise.all(nodes.map((node) => node.load.call("observed", {})));
    const took = (after.at - before.at) / 1000;
    return {
      atSeconds: Math.round((after.at - startedAt) / 1000),
      deliveriesPerSecond: seen.reduce((sum, { states }) => sum + states, 0) / took,
      p50Ms: Math.max(...seen.map(({ delayP50Ms }) => delayP50Ms)),
      p99Ms: Math.max(...seen.map(({ delayP99Ms }) => delayP99Ms)),
      cpu: after.cpuUs.map((us, node) => (us - (before.cpuUs[node] ?? 0)) / 1e6 / took),
      memoryMb: pids.map((pid) => residentBytes([pid]) / 1e6),
      redis: {
        cpu: (after.redisUs - before.redisUs) / 1e6 / took,
        commandsPerSecond: (after.commands - before.commands) / took,
        bytesPerSecond: (after.bytes - before.bytes) / took,
      },
    };
  }

  try {
    await Promise.all(nodes.map(({ server }) => server.call("tasks", { count: tasksOfEach })));
    // Each user has a connection or two, on each node.
    const users = { from: firstAdministrator, count: Math.min(ofEach, mostUsers) };
    await Promise.all(
      nodes.map(async (node) => {
        await node.load.call("tokens", users);
        for (let left = ofEach; left > 0; left -= users.count) {
          await node.load.call("open", { ...users, count: Math.min(left, users.count), atOnce });
        }
        await node.load.call("watch", { tasks, perClient: 1, choice: "blocks" });
      }),
    );
    await update(warmUpSeconds);
    const startedAt = performance.now();
    const samples: Sample[] = [];
    while (performance.now() - startedAt < seconds * 1000) {
      const sample = await stretch(startedAt);
      samples.push(sample);
      onSample(sample);
    }
    await Promise.all(nodes.map(({ server }) => server.call("memory", {})));
    return { load, samples, collectedMb: pids.map((pid) => residentBytes([pid]) / 1e6) };
  } finally {
    redis.disconnect();
    await stage.close();
  }
}
