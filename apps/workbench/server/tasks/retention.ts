import { rm } from "node:fs/promises";
import { finalStatuses, type TaskSnapshot } from "@signalbox/protocol";
import type { Log, ProgressHub } from "@signalbox/server";
import type { Kysely } from "kysely";
import type { DataFolder } from "../data-folder.ts";
import type { WorkbenchTables } from "../database.ts";

/** Number of tasks read at a time. */
const batchSize = 100;

const dayMs = 24 * 60 * 60_000;
const sweepIntervalMs = 60 * 60_000;

interface RetentionOptions {
  readonly db: Kysely<WorkbenchTables>;
  readonly folder: DataFolder;
  readonly progress: ProgressHub;
  /** Ended tasks are removed after this many days. */
  readonly days: number;
  readonly log: Log;
}

/** Removes tasks that ended long ago, with their images: at once, and then every hour. */
export interface Retention {
  start(): void;
  /** Resolves when a running sweep has stopped, which is after its current task. */
  stop(): Promise<void>;
}

export function createRetention({ db, folder, progress, days, log }: RetentionOptions): Retention {
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let stopped = false;

  async function sweep(): Promise<void> {
    const before = new Date(Date.now() - days * dayMs).toISOString();
    for (;;) {
      const rows = await readEnded(before);
      // A task that began long ago may have ended just now.
      const due = rows.filter(({ updated_at }) => updated_at < before);
      for (const { task_id } of due) {
        if (stopped) return;
        await remove(task_id);
      }
      if (due.length > 0) log.info({ tasks: due.length }, `Removed tasks that ended more than ${days} days ago.`);
      if (due.length === 0 || rows.length < batchSize) return;
    }
  }

  async function readEnded(before: string): Promise<TaskSnapshot[]> {
    const rows = await db
      .selectFrom("signalbox_task")
      .select("json")
      .where("status", "in", finalStatuses)
      .where("at", "<", before)
      .orderBy("at")
      .limit(batchSize)
      .execute();
    return rows.map(({ json }) => JSON.parse(json));
  }

  /** Removes the task last: after a crash, the next sweep finds the remains through the task. */
  async function remove(taskId: string): Promise<void> {
    await removeUploads(folder, taskId);
    await rm(folder.results(taskId), { recursive: true, force: true });
    await db.deleteFrom("workbench_image").where("task_id", "=", taskId).execute();
    await db.deleteFrom("workbench_job").where("task_id", "=", taskId).execute();
    await progress.remove(taskId);
  }

  function run(): void {
    sweeping = sweep().catch((error: unknown) => log.error({ err: error }, "Removing old tasks failed."));
  }

  return {
    start() {
      run();
      timer = setInterval(run, sweepIntervalMs).unref();
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      return sweeping;
    },
  };
}

/** Originals are needed until their batch has ended. */
export const removeUploads = (folder: DataFolder, taskId: string): Promise<void> =>
  rm(folder.uploads(taskId), { recursive: true, force: true });
