import { isFinal, isNewer, type TaskSnapshot } from "@signalbox/protocol";
import type { Clock, Log, TaskExchange } from "../core/ports.ts";
import type { ProgressListener } from "./progress-listener.ts";
import type { SnapshotSaver } from "./snapshot-saver.ts";
import type { TaskCache } from "./task-cache.ts";
import { keepPercent, mergeReports } from "./task-transitions.ts";

interface RemoteTasksOptions {
  readonly exchange: TaskExchange | undefined;
  readonly memory: TaskCache;
  readonly saver: Pick<SnapshotSaver, "save">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  tell(kind: keyof ProgressListener, task: TaskSnapshot): void;
  /** Whether a change of a task is being committed. */
  isCommitting(taskId: string): boolean;
  /** Removes a task here. Otherwise a save or commit in flight would restore it. */
  remove(taskId: string): Promise<void>;
  /** The latest state of a task, wherever it is kept. */
  find(taskId: string): Promise<TaskSnapshot | undefined>;
}

/** Which tasks in memory are reported here, and which elsewhere. */
export interface RemoteTasks {
  /** Whether another process reports it: the state in memory follows that process. */
  areTheirs(taskId: string): boolean;
  /** Whether it is unfinished and reported here. */
  isHeld(taskId: string): boolean;
  /** From now on it is reported here. */
  hold(taskId: string): void;
  /** Applies a state that another process has committed or published. */
  take(task: TaskSnapshot): void;
  /**
   * A task of ours merged with what another process may have reported of it: a commit must have a version above that.
   */
  latestOf(task: TaskSnapshot): Promise<TaskSnapshot>;
  /** Unfinished tasks that are reported here. */
  held(): Iterable<TaskSnapshot>;
}

/** Applies changes of other processes to the tasks in memory, and notifies this process's listeners. */
export function createRemoteTasks(options: RemoteTasksOptions): RemoteTasks {
  const { exchange, memory, saver, clock, log, tell } = options;
  const theirs = new Set<string>();

  function* held(): Generator<TaskSnapshot> {
    for (const task of memory.unfinished()) if (!theirs.has(task.task_id)) yield task;
  }

  function isHeld(taskId: string): boolean {
    const known = memory.get(taskId);
    return known !== undefined && !isFinal(known.status) && !theirs.has(taskId);
  }

  function take(task: TaskSnapshot, kind: "created" | "changed" = "changed"): void {
    const { task_id: taskId } = task;
    const known = memory.get(taskId);
    if (known !== undefined && isFinal(known.status)) return;
    if (isFinal(task.status)) {
      theirs.delete(taskId);
      // The end counts, even when a report with a higher version crossed it: subscribers would ignore a lower one.
      const end = isNewer(task, known) ? task : { ...task, version: (known?.version ?? 0) + 1 };
      memory.end(end);
      return tell("ended", end);
    }
    if (known !== undefined && !isNewer(task, known)) return;
    const taken = keepPercent(task, known);
    if (known !== undefined || exchange?.synced(taskId) !== undefined) {
      theirs.add(taskId);
      memory.put(taken);
    }
    if (known !== undefined && known.owner_id !== taken.owner_id) tell("handedOver", taken);
    tell(kind, taken);
  }

  function forget(taskId: string): void {
    theirs.delete(taskId);
    memory.remove(taskId);
  }

  exchange?.bind({
    held,
    received(change, task) {
      if (change !== "removed") return take(task, change === "created" ? change : "changed");
      forget(task.task_id);
      tell("removed", task);
    },
    found(task) {
      if (memory.get(task.task_id) !== undefined) return take(task);
      // No client here has received an earlier state: a client that has just joined is answered with this one.
      if (isFinal(task.status)) return memory.end(task);
      theirs.add(task.task_id);
      memory.put(task);
    },
    taken(taskId) {
      const known = memory.get(taskId);
      if (known === undefined || isFinal(known.status)) return;
      if (exchange.synced(taskId) === undefined) forget(taskId);
      else theirs.add(taskId);
    },
    removedElsewhere(taskId) {
      options.remove(taskId).catch((err: unknown) => {
        log.error({ err, task_id: taskId }, "A task that another process removed could not be removed here.");
      });
    },
    unfollowed(taskId) {
      if (theirs.has(taskId)) forget(taskId);
    },
    lookAgain(taskId) {
      options.find(taskId).then(
        (task) => task !== undefined && take(task),
        (err: unknown) => log.error({ err, task_id: taskId }, "A task whose reporter has gone could not be looked up."),
      );
    },
    merge(other) {
      const ours = memory.get(other.task_id);
      if (ours === undefined || !isHeld(other.task_id)) return undefined;
      // A commit in flight has a version above all that is known: a version that was made meanwhile would be above the
      // commit.
      if (options.isCommitting(other.task_id)) return undefined;
      const merged = mergeReports(ours, other, clock.now());
      memory.put(merged);
      saver.save(merged);
      tell("changed", merged);
      return merged;
    },
  });

  return {
    async latestOf(task) {
      const other = (await exchange?.read([task.task_id]))?.get(task.task_id)?.task;
      if (other === undefined || isFinal(other.status) || !isNewer(other, task)) return task;
      return mergeReports(task, other, clock.now());
    },
    held,
    take,
    isHeld,
    areTheirs: (taskId) => theirs.has(taskId),
    hold: (taskId) => void theirs.delete(taskId),
  };
}
