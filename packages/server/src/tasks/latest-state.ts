import { isFinal, isNewer, type TaskSnapshot } from "@signalbox/protocol";
import type { Clock, TaskExchange, TaskStore } from "../core/ports.ts";
import { resumeTask } from "./task-transitions.ts";

/**
 * Whoever has reported so lately is not gone but cut off from Redis: that one goes on, and its progress is stored every
 * second. A process that has died counts as gone only later than this after its last report.
 */
const latelyMs = 4000;

interface LatestStateOptions {
  readonly store: TaskStore;
  readonly exchange: TaskExchange;
  readonly clock: Clock;
  /** Whether this process reports the task: then it is not abandoned, whatever Redis had last heard. */
  isOurs(taskId: string): boolean;
  /** Told of the new run of a task that was abandoned. */
  onResumed(task: TaskSnapshot): void;
}

/** Finds the latest state of tasks that other processes may report. */
export interface LatestState {
  one(taskId: string): Promise<TaskSnapshot | undefined>;
  /** The same for rows of the store. */
  of(rows: readonly TaskSnapshot[]): Promise<TaskSnapshot[]>;
}

/**
 * The store is up to a second behind with progress, and ahead of the exchange with an end whose teller died: the newer of
 * both counts. A running task whose reporter is gone was interrupted, and begins a new run (see `resumeTask`).
 */
export function createLatestState(options: LatestStateOptions): LatestState {
  const { store, exchange, clock, onResumed } = options;

  async function of(rows: readonly TaskSnapshot[]): Promise<TaskSnapshot[]> {
    const unfinished = rows.filter(({ status }) => !isFinal(status));
    const shared = await exchange.read(unfinished.map(({ task_id }) => task_id));
    return Promise.all(
      rows.map((row) => {
        const { task = row, isAbandoned = false } = shared.get(row.task_id) ?? {};
        return current(isNewer(task, row) ? task : row, isAbandoned);
      }),
    );
  }

  async function current(task: TaskSnapshot, isAbandoned: boolean): Promise<TaskSnapshot> {
    if (task.status !== "running" || !isAbandoned || options.isOurs(task.task_id)) return task;
    // Without regard to the sign: a clock that was set back must not make it a report of late for an hour.
    if (Math.abs(clock.now() - Date.parse(task.updated_at)) < latelyMs) return task;
    const resumed = resumeTask(task, clock.now());
    // Stored first: whoever goes on with the task, and cannot ask Redis, must come to a version above this one.
    const standing = await store.put(resumed);
    if (standing !== undefined) return standing;
    exchange.share("resumed", resumed);
    onResumed(resumed);
    return resumed;
  }

  return {
    of,
    async one(taskId) {
      const [stored, shared] = await Promise.all([store.get(taskId), exchange.read([taskId])]);
      // What is not stored does not exist: a task is stored before anybody is told of it, and may have been removed since.
      if (stored === undefined || isFinal(stored.status)) return stored;
      const { task = stored, isAbandoned = false } = shared.get(taskId) ?? {};
      return current(isNewer(task, stored) ? task : stored, isAbandoned);
    },
  };
}
