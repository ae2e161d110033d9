import { cpus, totalmem } from "node:os";
import type { Measured, Sample } from "./measure.ts";
import { fitModel, forecast, leastSquares, typical } from "./model.ts";

const sizes = [5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/** Runs of at least this length are about endurance; shorter ones are what the model is fitted from. */
const longSeconds = 600;

/** docs/scaling.md, of one long run and those of one and two nodes at several sizes. */
export function scalingPage(runs: readonly Measured[]): string {
  const long = runs.findLast(({ load }) => load.seconds >= longSeconds);
  const short = runs.filter(({ load }) => load.seconds < longSeconds);
  if (long === undefined || short.length < 4) throw new Error("The page needs a long run and those of `--model`.");
  const model = fitModel(short);
  const forecasts = sizes.map((size) => forecast(model, size));
  const full = forecasts.find(({ redisCpu }) => redisCpu > 0.8);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const number = (value: number, digits = 0): string =>
    value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const worst = (read: (sample: Sample) => number): number => Math.max(...long.samples.map(read));

  return `# How it scales

Written by \`npm run load -- --json FILE --write\` from what it measured. Everything ran on one machine: ${cpus().length} cores
(${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}: the nodes, Redis, PostgreSQL, and the clients.

## ${number(long.load.connections)} connections for ${number(long.load.seconds / 60)} minutes

${long.load.nodes} nodes, ${number(long.load.connections / long.load.nodes)} WebSocket connections each, every guard on. Ten connections, five on each node, watch each of
${number(long.load.tasks)} tasks, which half of the nodes' processes report once a second each: ${number(long.load.connections)} deliveries a second, half of them of a task that the other node reports.

| | median | worst 15 s |
|---|---|---|
| deliveries a second | ${number(typical(long, ({ deliveriesPerSecond }) => deliveriesPerSecond))} | ${number(Math.min(...long.samples.map(({ deliveriesPerSecond }) => deliveriesPerSecond)))} |
| from report to client, p50 | ${number(
    typical(long, ({ p50Ms }) => p50Ms),
    1,
  )} ms | ${number(
    worst(({ p50Ms }) => p50Ms),
    1,
  )} ms |
| from report to client, p99 (bound: 200 ms) | ${number(
    typical(long, ({ p99Ms }) => p99Ms),
    1,
  )} ms | ${number(
    worst(({ p99Ms }) => p99Ms),
    1,
  )} ms |
${long.load.nodes === 0 ? "" : Array.from({ length: long.load.nodes }, (_, node) => `| node ${node + 1}: CPU | ${percent(typical(long, ({ cpu }) => cpu[node] ?? 0))} of a core | ${percent(worst(({ cpu }) => cpu[node] ?? 0))} |\n| node ${node + 1}: memory at the beginning and end | ${number(long.samples[0]?.memoryMb[node] ?? 0)} MB | ${number(long.samples.at(-1)?.memoryMb[node] ?? 0)} MB, ${slope(long, node)} |`).join("\n")}
| Redis: CPU | ${percent(typical(long, ({ redis }) => redis.cpu))} of a core | ${percent(worst(({ redis }) => redis.cpu))} |
| Redis: commands a second | ${number(typical(long, ({ redis }) => redis.commandsPerSecond))} | ${number(worst(({ redis }) => redis.commandsPerSecond))} |
| Redis: traffic | ${number(typical(long, ({ redis }) => redis.bytesPerSecond) / 1000)} kB/s | ${number(worst(({ redis }) => redis.bytesPerSecond) / 1000)} kB/s |

The slope is that of a line through the second half of the samples.

## What the model is fitted from

| nodes | connections | deliveries/s | p99 | CPU of a node | memory of a node | Redis CPU | Redis commands/s | Redis kB/s |
|---|---|---|---|---|---|---|---|---|
${short
  .map((run) => {
    const of = (read: (sample: Sample) => number): number => typical(run, read);
    const average = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    return `| ${run.load.nodes} | ${number(run.load.connections)} | ${number(of(({ deliveriesPerSecond }) => deliveriesPerSecond))} | ${number(
      of(({ p99Ms }) => p99Ms),
      1,
    )} ms | ${percent(of(({ cpu }) => average(cpu)))} | ${number(of(({ memoryMb }) => average(memoryMb)))} MB | ${percent(of(({ redis }) => redis.cpu))} | ${number(of(({ redis }) => redis.commandsPerSecond))} | ${number(of(({ redis }) => redis.bytesPerSecond) / 1000)} |`;
  })
  .join("\n")}

A node takes ${percent(model.nodeRest)} of a core at rest, ${number(model.usPerDelivery, 1)} µs for each delivery, and ${number(model.usPerExchanged, 1)} µs for each state that it publishes to
Redis or receives from it; ${number(model.memoryRestMb)} MB at rest, and ${number(model.kbPerConnection, 1)} kB for each connection. Redis takes ${number(model.redisUsPerMessage, 1)} µs and moves ${number(model.redisBytesPerMessage)} bytes
for each time that a state is published or received. Least squares over the runs above; the model is off by ${percent(model.worstCpuError)} of a core at
most where it was fitted.

## Up to a million connections

| connections | nodes | CPU of a node | memory of a node | Redis CPU | Redis traffic |
|---|---|---|---|---|---|
${forecasts.map((each) => `| ${number(each.connections)} | ${number(each.nodes)} | ${percent(each.nodeCpu)} | ${number(each.nodeMemoryMb)} MB | ${percent(each.redisCpu)} | ${number(each.redisMegabytesPerSecond, 1)} MB/s |`).join("\n")}

${full === undefined ? "One Redis is enough for all of it." : `One Redis is a process of one core. From about ${number(full.connections)} connections on it is full, and what is shared has to be divided: by application, or by SIGNALBOX_REDIS_PREFIX and an address for groups of users that do not watch each other's tasks. Beyond that the table says what would be needed, not what one Redis gives.`}

Assumed, and worth checking for an application of one's own:

- One delivery a second for each connection, and ten connections for each task, spread over nodes at random. What is
  delivered more often costs a node more, in proportion; what is reported more often than once in PROGRESS_FLUSH_MS costs nothing
  more, because a tick sends the latest state only. Tasks that one node watches are received by that node alone.
- A node may take ${percent(0.6)} of a core, and 25,000 connections: above that, latencies and garbage collections are felt.
- Nodes cost the same when there are many: what each tells the others beside tasks (a beat twice a second, changes of sessions, notices) is
  left out. It is a line for each such event and node.
- Connections stay. Whoever comes costs a node about as much as a hundred deliveries (bench/README.md, W1), and Redis three commands.
- The machine is this one, on which clients and servers share two cores. On others the factors differ, and the form does not.
- PostgreSQL is written to once a second for each task that runs, in statements of up to 500 rows, and is not in the table.
`;
}

/** In megabytes an hour. */
function slope({ samples }: Measured, node: number): string {
  const half = samples.slice(Math.floor(samples.length / 2));
  const rows = half.map(({ atSeconds }) => [1, atSeconds / 3600]);
  const [, perHour = 0] = leastSquares(
    rows,
    half.map(({ memoryMb }) => memoryMb[node] ?? 0),
  );
  return `${perHour >= 0 ? "+" : ""}${perHour.toFixed(1)} MB/h`;
}
