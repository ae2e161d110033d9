import type { TaskSnapshot } from "@signalbox/protocol";
import type { Clock, Log, TaskStore } from "../ports.ts";

/** How far the store may be behind with the progress of a running task: what a power cut can take. */
const saveEveryMs = 1000;

interface SnapshotSaverOptions {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings snapshots to the store: progress now and then, changes of status at once. */
export interface SnapshotSaver {
  /** Saves within a second, the latest state only. */
  save(task: TaskSnapshot): void;
  /** Resolves when the state is durable; rejects when it is not. */
  commit(task: TaskSnapshot): Promise<void>;
  flush(): Promise<void>;
  /** Saves what is left and stops. */
  close(): Promise<void>;
}

export function createSnapshotSaver({ store, clock, log }: SnapshotSaverOptions): SnapshotSaver {
  const dirty = new Map<string, TaskSnapshot>();
  let failing = false;
  let cancelTimer: (() => void) | undefined;

  async function flush(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    const batch = [...dirty.values()];
    dirty.clear();
    await Promise.all(batch.map(saveOne));
  }

  /** A store that fails takes nothing from those who watch: the state stays in memory and is tried again. */
  async function saveOne(task: TaskSnapshot): Promise<void> {
    try {
      await store.put(task);
      failing = false;
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
      await store.put(task);
      // Anything older that still waits would be refused by the store's own version guard; it is not worth the write.
      dirty.delete(task.task_id);
    },
    flush,
    async close() {
      await flush();
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
