import { isDeepStrictEqual } from "node:util";
import type { TaskSnapshot } from "@signalbox/protocol";
import type { Clock, Log, TaskStore } from "../core/ports.ts";

/** How far the store may be behind with the progress of a running task: what a power cut can take. */
const saveEveryMs = 1000;

interface SnapshotSaverOptions {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of a stored state that kept progress out: another process has gone on with the task, or ended it. */
  onOvertaken(standing: TaskSnapshot): void;
}

/** Brings snapshots to the store: progress now and then, changes of status at once. */
export interface SnapshotSaver {
  /** Saves within a second, the latest state only. */
  save(task: TaskSnapshot): void;
  /** Resolves when the state is durable, or with the stored one that kept it out; rejects when it is neither. */
  commit(task: TaskSnapshot): Promise<TaskSnapshot | undefined>;
  /** The latest state that was to be saved and is not in the store yet. */
  unsaved(taskId: string): TaskSnapshot | undefined;
  /** Forgets a task; resolves when that is durable. Nothing may be saved or committed of it meanwhile. */
  remove(taskId: string): Promise<void>;
  flush(): Promise<void>;
  /** Saves what is left and stops. */
  close(): Promise<void>;
}

export function createSnapshotSaver({ store, clock, log, onOvertaken }: SnapshotSaverOptions): SnapshotSaver {
  const dirty = new Map<string, TaskSnapshot>();
  let failing = false;
  let cancelTimer: (() => void) | undefined;
  /** What is on its way to the store, by task. */
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

  /** A store that fails takes nothing from those who watch: the state stays in memory and is tried again. */
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
      // A question that was asked twice finds its own answer.
      const isOwn = isDeepStrictEqual(standing, JSON.parse(JSON.stringify(task)));
      // Anything older that still waits would be refused by the store's own version guard; it is not worth the write.
      dirty.delete(task.task_id);
      return isOwn ? undefined : standing;
    },
    unsaved: (taskId) => dirty.get(taskId) ?? saving.get(taskId)?.task,
    async remove(taskId) {
      // What is on its way would bring it back, and what failed on its way would be tried again.
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
