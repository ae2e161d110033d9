import { isFinal, isNewer, type TaskSnapshot } from "@signalbox/protocol";
import type { Clock, TaskExchange, TaskStore } from "../core/ports.ts";
import { resumeTask } from "./task-transitions.ts";

/**
 * A process that reported this recently is not gone but disconnected from Redis: it continues, and its progress is
 * stored every second. A process that has died counts as gone only later than this after its last report.
 */
const latelyMs = 4000;

interface LatestStateOptions {
  readonly store: TaskStore;
  readonly exchange: TaskExchange;
  readonly clock: Clock;
  /** Whether this process reports the task: then it is not abandoned, whatever Redis last received. */
  isOurs(taskId: string): boolean;
  /** Called with the new run of a task that was abandoned. */
  onResumed(task: TaskSnapshot): void;
}

/** Finds the latest state of tasks that other processes may report. */
export interface LatestState {
  one(taskId: string): Promise<TaskSnapshot | undefined>;
  /** The same for rows of the store. */
  of(rows: readonly TaskSnapshot[]): Promise<TaskSnapshot[]>;
}

/**
 * The store is up to a second behind with progress. It is ahead of the exchange with an end when the process died
 * before it published the end. The newer state counts. A running task whose reporter is gone was interrupted, and
 * begins a new run (see `resumeTask`).
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
    // Ignores the sign: after a clock was set back, an old report must not count as recent for an hour.
    if (Math.abs(clock.now() - Date.parse(task.updated_at)) < latelyMs) return task;
    const resumed = resumeTask(task, clock.now());
    // Stored first: a process that continues the task, and cannot ask Redis, must get a version above this one.
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
      // A task that is not stored does not exist: it is stored before any client sees it, and may have been removed
      // since.
      if (stored === undefined || isFinal(stored.status)) return stored;
      const { task = stored, isAbandoned = false } = shared.get(taskId) ?? {};
      return current(isNewer(task, stored) ? task : stored, isAbandoned);
    },
  };
}
