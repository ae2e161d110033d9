import { cpus, totalmem } from "node:os";
import type { Measured, Sample } from "./measure.ts";
import { fitModel, forecast, leastSquares, typical } from "./model.ts";

const sizes = [5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/** Runs of at least this length are about endurance; shorter ones are what the model is fitted from. */
const longSeconds = 600;

/** What 99 of 100 deliveries have to keep to, in milliseconds. */
const boundMs = 200;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** docs/scaling.md, of runs of one and two nodes at several sizes, and of a long one where there is one. */
export function scalingPage(runs: readonly Measured[]): string {
  const long = runs.findLast(({ load }) => load.seconds >= longSeconds);
  const short = runs.filter(({ load }) => load.seconds < longSeconds);
  if (short.length < 4) throw new Error("The page needs the runs of `--model`.");
  const model = fitModel(short);
  const forecasts = sizes.map((size) => forecast(model, size));
  const full = forecasts.find(({ redisCpu }) => redisCpu > 0.8);

  return `# How it scales

Written by \`npm run load -- --json FILE --write\` from what it measured. Everything ran on one machine: ${cpus().length} cores
(${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}: the nodes, Redis, PostgreSQL, and the clients. Ten WebSocket connections, spread
over the nodes, watch each task (two and fifty where it says so), which is reported once a second: a delivery a second for each
connection, with every guard on.

${long === undefined ? "A run of half an hour has not been made yet; `npm run load -- --seconds 1800` makes it." : longRun(long)}

## What the model is fitted from

| nodes | connections | watchers of a task | deliveries/s | p99 | CPU of a node | memory of a node, collected | Redis CPU | Redis commands/s | Redis kB/s |
|---|---|---|---|---|---|---|---|---|---|
${short
  .map((run) => {
    const of = (read: (sample: Sample) => number): number => typical(run, read);
    const average = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    return `| ${run.load.nodes} | ${number(run.load.connections)} | ${number(run.load.connections / run.load.tasks)} | ${number(of(({ deliveriesPerSecond }) => deliveriesPerSecond))} | ${number(
      of(({ p99Ms }) => p99Ms),
      1,
    )} ms | ${percent(of(({ cpu }) => average(cpu)))} | ${number(average(run.collectedMb))} MB | ${percent(of(({ redis }) => redis.cpu))} | ${number(of(({ redis }) => redis.commandsPerSecond))} | ${number(of(({ redis }) => redis.bytesPerSecond) / 1000)} |`;
  })
  .join("\n")}

A node takes ${percent(model.nodeRest)} of a core at rest, ${number(model.usPerDelivery, 1)} µs for each delivery, and ${number(model.usPerExchanged, 1)} µs for each state that it publishes to
Redis or receives from it; ${number(model.memoryRestMb)} MB at rest, and ${number(model.kbPerConnection, 1)} kB for each connection. Redis takes ${number(model.redisUsPerMessage, 1)} µs and moves ${number(model.redisBytesPerMessage)} bytes
for each time that a state is published or received. Least squares over the runs above, each by the median of its
samples without the first; the model is off by ${percent(model.worstCpuError)} of a core at most where it was fitted. Memory is what is left after a collection:
between collections it is up to twice that.

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

function longRun(long: Measured): string {
  const worst = (read: (sample: Sample) => number): number => Math.max(...long.samples.map(read));
  const row = (title: string, read: (sample: Sample) => number, tell: (value: number) => string): string =>
    `| ${title} | ${tell(typical(long, read))} | ${tell(worst(read))} |`;
  const ms = (value: number): string => `${number(value, 1)} ms`;
  const ofNode = (node: number): string =>
    [
      row(`node ${node + 1}: CPU, of a core`, ({ cpu }) => cpu[node] ?? 0, percent),
      row(
        `node ${node + 1}: memory (${slope(long, node)})`,
        ({ memoryMb }) => memoryMb[node] ?? 0,
        (mb) => `${number(mb)} MB`,
      ),
    ].join("\n");
  return `## ${number(long.load.connections)} connections on ${long.load.nodes} nodes for ${number(long.load.seconds / 60)} minutes

| | median | most in 15 s |
|---|---|---|
${row("deliveries a second", ({ deliveriesPerSecond }) => deliveriesPerSecond, number)}
${row("from report to client, p50", ({ p50Ms }) => p50Ms, ms)}
${row("from report to client, p99", ({ p99Ms }) => p99Ms, ms)}
${Array.from({ length: long.load.nodes }, (_, node) => ofNode(node)).join("\n")}
${row("Redis: CPU, of a core", ({ redis }) => redis.cpu, percent)}
${row("Redis: commands a second", ({ redis }) => redis.commandsPerSecond, number)}

In ${long.samples.filter(({ p99Ms }) => p99Ms < boundMs).length} of ${long.samples.length} stretches p99 was under ${boundMs} ms. The slope of memory is that of a line through the second half of the
samples; garbage lies in between.`;
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
