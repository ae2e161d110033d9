import { isDeepStrictEqual } from "node:util";
import type { TaskSnapshot } from "@signalbox/protocol";
import type { Clock, Log, TaskStore } from "../core/ports.ts";

/** How far the store may lag behind the progress of a running task: a power failure can lose this much. */
const saveEveryMs = 1000;

interface SnapshotSaverOptions {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with a stored state that prevented a save: another process has continued the task, or ended it. */
  onOvertaken(standing: TaskSnapshot): void;
}

/** Writes snapshots to the store: progress at intervals, changes of status at once. */
export interface SnapshotSaver {
  /** Saves within a second, the latest state only. */
  save(task: TaskSnapshot): void;
  /**
   * Resolves when the state is durable, or with the stored state that prevented it; rejects when neither is the case.
   */
  commit(task: TaskSnapshot): Promise<TaskSnapshot | undefined>;
  /** The latest state that was to be saved and is not in the store yet. */
  unsaved(taskId: string): TaskSnapshot | undefined;
  /** Removes a task; resolves when that is durable. Nothing may be saved or committed of it meanwhile. */
  remove(taskId: string): Promise<void>;
  flush(): Promise<void>;
  /** Saves what is left and stops. */
  close(): Promise<void>;
}

export function createSnapshotSaver({ store, clock, log, onOvertaken }: SnapshotSaverOptions): SnapshotSaver {
  const dirty = new Map<string, TaskSnapshot>();
  let failing = false;
  let cancelTimer: (() => void) | undefined;
  /** Saves in flight, by task. */
  const saving = new Map<string, { readonly task: TaskSnapshot; readonly saved: Promise<void> }>();

  async function flush(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    const batch = [...dirty.values()];
    dirty.clear();
    await Promise.all(batch.map(track));
  }

  async function track(task: TaskSnapshot): Promise<void> {
    const saved = saveOne(task);
    saving.set(task.task_id, { task, saved });
    await saved;
    if (saving.get(task.task_id)?.saved === saved) saving.delete(task.task_id);
  }

  /** A store that fails does not affect watchers: the state stays in memory, and the save is retried. */
  async function saveOne(task: TaskSnapshot): Promise<void> {
    try {
      const standing = await store.put(task);
      failing = false;
      if (standing !== undefined) onOvertaken(standing);
    } catch (error) {
      if (!failing) log.error({ err: error, task_id: task.task_id }, "Saving progress failed; it will be tried again.");
      failing = true;
      if (!dirty.has(task.task_id)) save(task);
    }
  }

  function save(task: TaskSnapshot): void {
    dirty.set(task.task_id, task);
    cancelTimer ??= clock.after(saveEveryMs, () => void flush());
  }

  return {
    save,
    async commit(task) {
      const standing = await store.put(task);
      // A request that was sent twice finds its own state.
      const isOwn = isDeepStrictEqual(standing, JSON.parse(JSON.stringify(task)));
      // The store's own version guard would refuse anything older that still waits; it is not worth the write.
      dirty.delete(task.task_id);
      return isOwn ? undefined : standing;
    },
    unsaved: (taskId) => dirty.get(taskId) ?? saving.get(taskId)?.task,
    async remove(taskId) {
      // A save in flight would restore the task, and a failed save would be retried.
      await saving.get(taskId)?.saved;
      dirty.delete(taskId);
      await store.remove(taskId);
    },
    flush,
    async close() {
      await flush();
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
