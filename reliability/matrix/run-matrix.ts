import { createWitness } from "../../packages/client/test/support/witness.ts";
import type { Journal } from "../faults/journal.ts";
import { recordProgress } from "../faults/recorded.ts";
import { recordStalls, type StallRecorder } from "../faults/stall-recorder.ts";
import { checkHistory } from "../history/check-history.ts";
import type { Line } from "../history/line.ts";
import { type Cell, type Position, positions } from "./positions.ts";
import { origin, type Servers, type StoreName, startServers, stores } from "./servers.ts";

/** What is the same for a column of the matrix. */
export interface Column {
  readonly store: StoreName;
  readonly nodes: 1 | 2;
  readonly transport: "polling" | "websocket";
}

export interface Outcome {
  readonly position: string;
  readonly column: Column;
  /** From the loss of the connection until the client was well again, or knew the end. */
  readonly ms: number;
  /** Empty: everything was received once, in order, and nothing is missing. */
  readonly faults: readonly string[];
}

/** A history of several clients, and whose it is. */
export interface ColumnHistory {
  readonly lines: readonly Line[];
  readonly cells: readonly {
    readonly position: string;
    readonly userId: string;
    readonly taskId: string;
    readonly ms: number;
    readonly error?: string;
  }[];
}

export const columns: readonly Column[] = stores.flatMap((store) =>
  ([1, 2] as const).flatMap((nodes) =>
    (["polling", "websocket"] as const).map((transport) => ({ store, nodes, transport })),
  ),
);

const patienceMs = 15_000;

/** Plays all positions of a column at the same time, each with a client and a task of its own. */
export async function playColumn({ store, nodes, transport }: Column): Promise<ColumnHistory> {
  const lines: Line[] = [];
  const journal: Journal = { actor: "servers", write: (line) => void lines.push(line) };
  const servers = await startServers(store, nodes, journal);
  const stalls = recordStalls(() => servers.services.map(({ pid }) => pid), journal.write);
  try {
    // The work is done on the first node; clients begin with the other one, or with the same, in turn.
    const hubs = servers.realtimes.map(({ progress }) => recordProgress(progress, journal));
    const cells = await Promise.all(
      positions.map((position, index) => playCell({ position, index, transport, servers, hubs, journal, stalls })),
    ).finally(stalls.stop);
    for (const { taskId } of cells) {
      const task = await servers.read(taskId);
      if (task === undefined) continue;
      const { task_id, version, status, current, owner_id: owner } = task;
      journal.write({
        ...{ operation: "stored", actor: "database", task: task_id, version, status, current, owner, at: Date.now() },
      });
    }
    return { lines: lines.toSorted((a, b) => a.at - b.at), cells };
  } finally {
    await servers.close();
  }
}

interface CellOptions {
  readonly position: Position;
  readonly index: number;
  readonly transport: Column["transport"];
  readonly servers: Servers;
  readonly hubs: readonly ReturnType<typeof recordProgress>[];
  readonly journal: Journal;
  readonly stalls: StallRecorder;
}

async function playCell({ position, index, transport, servers, hubs, journal, stalls }: CellOptions) {
  const userId = `user-${index}`;
  const { realtimes } = servers;
  const { until } = stalls;
  const ports = index % 2 === 0 ? [...servers.ports].reverse() : servers.ports;
  const progress = hubs[0] as (typeof hubs)[number];
  const { task_id: taskId } = await progress.create({ kind: "matrix", title: position.name, owner_id: userId });
  const witness = await createWitness({
    ...{ name: userId, user: userId, session: userId, port: ports, origin, notifications: true },
    ...{ pollingOnly: transport === "polling", record: journal.write },
  });
  let lostAt = 0;
  const { line } = witness;
  const cell: Cell = {
    ...{ witness, taskId, userId, progress, hub: realtimes[0]?.progress as Cell["hub"] },
    notify: realtimes[0]?.notify as Cell["notify"],
    until,
    cut() {
      lostAt ||= Date.now();
      line.moveOn();
      line.cut();
    },
    lose() {
      lostAt ||= Date.now();
      line.moveOn();
      line.lose();
    },
    restore: line.restore,
    sent: (notice) =>
      journal.write({ operation: "sent", actor: "servers", notice, audience: `user:${userId}`, at: Date.now() }),
    kept: (notice) => journal.write({ operation: "kept", actor: "servers", notice, at: Date.now() }),
  };
  let error: string | undefined;
  try {
    const isOn = () => witness.isConnected() && witness.isUpgraded() === (transport === "websocket");
    if (!(await until(isOn, patienceMs)))
      throw new Error(`It does not connect over ${transport}: ${witness.describe()}`);
    await position.play(cell);
    const task = await progress.get(taskId);
    if (task?.status !== "completed") await progress.complete(taskId, { made: taskId });
    if (!(await until(() => !witness.isWatching() && witness.isConnected(), patienceMs)))
      throw new Error(`It does not learn of the end: ${witness.describe()}`);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const ms = Date.now() - lostAt;
  await witness.close();
  return { position: position.name, userId, taskId, ms, ...(error !== undefined && { error }) };
}

/** Judges a column by the checker of histories: each fault is that of the cell whose client or task it names. */
export async function judgeColumn(column: Column, { lines, cells }: ColumnHistory): Promise<Outcome[]> {
  const { faults } = await checkHistory(lines);
  return cells.map(({ position, userId, taskId, ms, error }) => ({
    ...{ position, column, ms },
    faults: [
      ...(error === undefined ? [] : [error]),
      // The checker forgives a client that leaves soon after the end for not having received it; here no client left
      // before.
      ...(lines.some((line) => line.operation === "final" && line.task === taskId) ? [] : ["was told no end"]),
      ...faults
        .filter(({ actor, task }) => actor === userId || task === taskId)
        .map(({ kind, detail }) => `${kind}: ${detail}`),
    ],
  }));
}

export async function runMatrix(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const column of columns) outcomes.push(...(await judgeColumn(column, await playColumn(column))));
  return outcomes;
}
