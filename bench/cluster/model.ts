import type { Measured, Sample } from "./measure.ts";

/** What a node and Redis cost, fitted from what was measured. Shares are of a core, per unit and second. */
export interface Model {
  /** CPU of a node: a share at rest, and for each delivery and each state that it publishes or receives, in microseconds. */
  readonly nodeRest: number;
  readonly usPerDelivery: number;
  readonly usPerExchanged: number;
  /** Memory of a node in megabytes at rest, and in kilobytes for each connection. */
  readonly memoryRestMb: number;
  readonly kbPerConnection: number;
  /** Of Redis: CPU in microseconds and bytes for each state that is published, and for each time that one is received. */
  readonly redisUsPerMessage: number;
  readonly redisBytesPerMessage: number;
  /** The largest difference between what the model says of a node's CPU and what was measured, as a share of a core. */
  readonly worstCpuError: number;
}

/** Median over the samples of a run, without the first: until then what runs often has not been compiled. */
export function typical({ samples }: Measured, read: (sample: Sample) => number): number {
  const sorted = samples
    .slice(samples.length > 1 ? 1 : 0)
    .map(read)
    .toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** States per second that one node publishes, and receives: its own come back to it, because it has watchers itself. */
const published = ({ load }: Measured): number => load.updatesPerSecond / load.nodes;
const received = ({ load }: Measured): number => load.updatesPerSecond;

export function fitModel(runs: readonly Measured[]): Model {
  const cpu = (run: Measured): number => typical(run, (sample) => mean(sample.cpu));
  const deliveries = (run: Measured): number => typical(run, (sample) => sample.deliveriesPerSecond) / run.load.nodes;
  const exchanged = (run: Measured): number => published(run) + received(run);
  const [nodeRest = 0, perDelivery = 0, perExchanged = 0] = leastSquares(
    runs.map((run) => [1, deliveries(run), exchanged(run)]),
    runs.map(cpu),
  );
  const [memoryRestMb = 0, mbPerConnection = 0] = leastSquares(
    runs.map(({ load }) => [1, load.connections / load.nodes]),
    runs.map(({ collectedMb }) => mean(collectedMb)),
  );
  const messages = ({ load }: Measured): number => load.updatesPerSecond * (1 + load.nodes);
  const [, redisPerMessage = 0] = leastSquares(
    runs.map((run) => [1, messages(run)]),
    runs.map((run) => typical(run, ({ redis }) => redis.cpu)),
  );
  const [, bytesPerMessage = 0] = leastSquares(
    runs.map((run) => [1, messages(run)]),
    runs.map((run) => typical(run, ({ redis }) => redis.bytesPerSecond)),
  );
  const predicted = (run: Measured): number => nodeRest + perDelivery * deliveries(run) + perExchanged * exchanged(run);
  return {
    nodeRest,
    usPerDelivery: perDelivery * 1e6,
    usPerExchanged: perExchanged * 1e6,
    memoryRestMb,
    kbPerConnection: mbPerConnection * 1000,
    redisUsPerMessage: redisPerMessage * 1e6,
    redisBytesPerMessage: bytesPerMessage,
    worstCpuError: Math.max(...runs.map((run) => Math.abs(predicted(run) - cpu(run)))),
  };
}

/** What so many connections take, each of which is delivered one state a second of a task that ten watch. */
export interface Forecast {
  readonly connections: number;
  readonly nodes: number;
  readonly nodeCpu: number;
  readonly nodeMemoryMb: number;
  readonly redisCpu: number;
  readonly redisMegabytesPerSecond: number;
}

/** Of a core. Above it, latencies grow faster than load. */
const busyNode = 0.6;

/** What one process may hold before its garbage collections are felt. */
const roomyConnections = 25_000;

const watchersOfEach = 10;

export function forecast(model: Model, connections: number): Forecast {
  for (let nodes = 1; ; nodes += 1) {
    const found = withNodes(model, connections, nodes);
    if (found.nodeCpu <= busyNode && connections / nodes <= roomyConnections) return found;
    if (nodes > 100_000)
      throw new RangeError("No number of nodes is enough: what each receives grows with their number.");
  }
}

function withNodes(model: Model, connections: number, nodes: number): Forecast {
  const updates = connections / watchersOfEach;
  // Watchers are spread at random: of `nodes` so many have one of a task's.
  const reached = nodes * (1 - (1 - 1 / nodes) ** watchersOfEach);
  const exchanged = updates / nodes + (updates * reached) / nodes;
  const nodeCpu =
    model.nodeRest + (model.usPerDelivery * connections) / nodes / 1e6 + (model.usPerExchanged * exchanged) / 1e6;
  const messages = updates * (1 + reached);
  return {
    ...{ connections, nodes, nodeCpu },
    nodeMemoryMb: model.memoryRestMb + (model.kbPerConnection * connections) / nodes / 1000,
    redisCpu: (model.redisUsPerMessage * messages) / 1e6,
    redisMegabytesPerSecond: (model.redisBytesPerMessage * messages) / 1e6,
  };
}

/** Coefficients of a linear function through points, by the normal equations and Gauss' elimination. */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const size = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_unused, j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    rows.reduce((sum, row, index) => sum + (row[i] ?? 0) * (values[index] ?? 0), 0),
  ]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    const best = matrix.slice(pivot).reduce((a, b) => (Math.abs(b[pivot] ?? 0) > Math.abs(a[pivot] ?? 0) ? b : a));
    matrix.splice(matrix.indexOf(best), 1);
    matrix.splice(pivot, 0, best);
    for (const row of matrix) {
      if (row === best) continue;
      const factor = (row[pivot] ?? 0) / (best[pivot] ?? 1);
      for (let column = 0; column <= size; column += 1) row[column] = (row[column] ?? 0) - factor * (best[column] ?? 0);
    }
  }
  return matrix.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}
