/**
 * `npm run load`: several nodes under a steady load, for as long as wanted. `--nodes 2 --connections 5000 --seconds 1800`;
 * `--model` measures one and two nodes at three sizes instead, and with more and fewer watchers of each task, a minute each; `--json FILE` adds what was measured to
 * a file, and `--write` writes docs/scaling.md from it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Load, type Measured, measureCluster, type Sample } from "./measure.ts";
import { scalingPage } from "./page.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "2" },
    connections: { type: "string", default: "5000" },
    seconds: { type: "string", default: "60" },
    model: { type: "boolean", default: false },
    json: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

/** So many watch each task, and each task is updated once a second: a delivery a second for each connection. */
const loadOf = (nodes: number, connections: number, seconds: number, watchersOfEach = 10): Load => {
  const tasks = connections / watchersOfEach;
  return { nodes, connections, tasks, updatesPerSecond: tasks, seconds };
};

const known: Measured[] =
  values.json !== undefined && existsSync(values.json) ? JSON.parse(readFileSync(values.json, "utf8")) : [];
const modelSeconds = 60;
const sizes = [1000, 2500, 5000].map((size) => ({ size, watchers: 10 }));
// The same deliveries of five times, and of a fifth, as many states: so that the cost of each can be told apart.
const others = [2, 50].map((watchers) => ({ size: 2500, watchers }));
const loads = values.model
  ? [...sizes, ...others].flatMap(({ size, watchers }) =>
      [1, 2].map((nodes) => loadOf(nodes, size, modelSeconds, watchers)),
    )
  : [loadOf(Number(values.nodes), Number(values.connections), Number(values.seconds))];
if (!values.write || values.model) for (const load of loads) await run(load);
if (values.write) writeFileSync(join(import.meta.dirname, "../../docs/scaling.md"), scalingPage(known));

async function run(load: Load): Promise<void> {
  console.log(`${load.nodes} node(s), ${load.connections} connections, ${load.updatesPerSecond} updates a second`);
  known.push(await measureCluster(load, print));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(known)}\n`);
}

function print({ atSeconds, deliveriesPerSecond, p50Ms, p99Ms, cpu, memoryMb, redis }: Sample): void {
  const nodes = cpu.map((share, node) => `${(share * 100).toFixed(1)} % ${memoryMb[node]?.toFixed(0)} MB`);
  console.log(
    `${String(atSeconds).padStart(5)} s  ${deliveriesPerSecond.toFixed(0)}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  nodes ${nodes.join(", ")}  Redis ${(redis.cpu * 100).toFixed(1)} % ${redis.commandsPerSecond.toFixed(0)}/s ${(redis.bytesPerSecond / 1000).toFixed(0)} kB/s`,
  );
}
