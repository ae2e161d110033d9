import type { Notify, ProgressHub } from "@signalbox/server";
import type { Witness } from "../../packages/client/test/support/witness.ts";
import type { StallRecorder } from "../faults/stall-recorder.ts";
import { pause } from "../faults/world.ts";

/** One client with a task of its own, on servers that it shares with others. */
export interface Cell {
  readonly witness: Witness;
  readonly taskId: string;
  readonly userId: string;
  /** Of the node that the work is done on. */
  readonly progress: Pick<ProgressHub, "report" | "complete" | "get">;
  readonly hub: Pick<ProgressHub, "subscribe">;
  readonly notify: Notify;
  readonly until: StallRecorder["until"];
  /** The connection ends, and comes back to the other node if there is one. */
  cut(): void;
  /** The same, but for that nothing gets through until `restore`. */
  lose(): void;
  restore(): void;
  sent(notice: string): void;
  kept(notice: string): void;
}

/** A moment in the life of a task at which a client loses its connection. Each ends with the task. */
export interface Position {
  readonly name: string;
  play(cell: Cell): Promise<void>;
}

const patienceMs = 10_000;

async function watched(cell: Cell): Promise<void> {
  cell.witness.watch(cell.taskId);
  await well(cell);
}

async function well({ witness, until }: Cell): Promise<void> {
  if (!(await until(() => witness.isWell(), patienceMs))) throw new Error(`It does not recover: ${witness.describe()}`);
}

/** The first report says that the work has begun; the worker does not say so again. */
async function running({ progress, taskId }: Cell, percent: number): Promise<void> {
  const task = await progress.get(taskId);
  await progress.report(taskId, task?.status === "running" ? { percent } : { status: "running", percent });
}

async function steps(cell: Cell, from: number, to: number): Promise<void> {
  for (let percent = from; percent <= to; percent += 10) {
    await running(cell, percent);
    await pause(30);
  }
}

/** Notices that are sent while the client is not connected. */
const whileAway = 3;

export const positions: readonly Position[] = [
  {
    name: "before it joins",
    async play(cell) {
      cell.lose();
      cell.witness.watch(cell.taskId);
      await steps(cell, 10, 30);
      cell.restore();
      await well(cell);
      await steps(cell, 40, 60);
    },
  },
  {
    name: "between joining and the answer",
    async play(cell) {
      cell.witness.watch(cell.taskId);
      await new Promise(setImmediate);
      cell.cut();
      await steps(cell, 10, 40);
    },
  },
  {
    name: "after the answer, before the first change",
    async play(cell) {
      await watched(cell);
      cell.cut();
      await steps(cell, 10, 40);
    },
  },
  {
    name: "in the middle of progress",
    async play(cell) {
      await watched(cell);
      const work = steps(cell, 10, 90);
      await pause(120);
      cell.cut();
      await work;
    },
  },
  {
    name: "with changes waiting for the tick",
    async play(cell) {
      await watched(cell);
      await running(cell, 10);
      for (let percent = 11; percent < 30; percent += 1) void running(cell, percent);
      cell.cut();
      await pause(150);
    },
  },
  {
    name: "when a new run begins",
    async play(cell) {
      await watched(cell);
      await steps(cell, 10, 50);
      cell.lose();
      await cell.progress.report(cell.taskId, { status: "queued" });
      await steps(cell, 10, 20);
      cell.restore();
      await well(cell);
    },
  },
  {
    name: "before the end",
    async play(cell) {
      await watched(cell);
      await steps(cell, 10, 90);
      cell.lose();
      await cell.progress.complete(cell.taskId, { made: cell.taskId });
      await pause(50);
      cell.restore();
    },
  },
  {
    name: "between the commit of the end and its delivery",
    async play(cell) {
      await watched(cell);
      await steps(cell, 10, 50);
      const stop = cell.hub.subscribe({
        changed() {},
        ended({ task_id }) {
          if (task_id === cell.taskId) cell.cut();
        },
      });
      await cell.progress.complete(cell.taskId, { made: cell.taskId });
      stop();
    },
  },
  {
    name: "after the end",
    async play(cell) {
      await watched(cell);
      await steps(cell, 10, 50);
      await cell.progress.complete(cell.taskId, { made: cell.taskId });
      await cell.until(() => !cell.witness.isWatching(), patienceMs);
      cell.cut();
      await cell.until(() => !cell.witness.isConnected(), 2000);
      await well(cell);
    },
  },
  {
    name: "while notices are stored",
    async play(cell) {
      await watched(cell);
      cell.lose();
      for (let number = 1; number <= whileAway; number += 1) {
        const notice = `${cell.userId} ${number}`;
        cell.sent(notice);
        await cell.notify.user(cell.userId, { type: "matrix", title: notice });
        cell.kept(notice);
      }
      await steps(cell, 10, 40);
      cell.restore();
      const last = `${cell.userId} ${whileAway}`;
      if (!(await cell.until(() => cell.witness.hasHeard(last), patienceMs)))
        throw new Error("It was not told the last notice.");
    },
  },
];
