import type { Kysely } from "kysely";
import type { JobRow, WorkbenchTables } from "../database.ts";

/** Jobs in SQL: which are waiting, which are running, and whether each should stop. */
export interface JobStore {
  add(job: Pick<JobRow, "task_id" | "owner_id" | "kind" | "input">): Promise<void>;
  /** Takes the oldest waiting job; undefined when there is none. One statement, so that no job is taken twice. */
  claim(): Promise<JobRow | undefined>;
  finish(taskId: string): Promise<void>;
  get(taskId: string): Promise<JobRow | undefined>;
  requestCancel(taskId: string): Promise<void>;
  /** Requeues a job that a graceful shutdown interrupted. */
  putBack(taskId: string): Promise<void>;
  /** On start: requeues the jobs that a crash left running, ahead of all later ones. Counts the crash. */
  recoverCrashed(): Promise<void>;
  countUnfinished(ownerId: string): Promise<number>;
}

export function createJobStore(db: Kysely<WorkbenchTables>): JobStore {
  return {
    async add(job) {
      await db
        .insertInto("workbench_job")
        .values({ ...job, state: "waiting", cancel_requested: 0, crashes: 0, created_at: new Date().toISOString() })
        .execute();
    },
    claim: () =>
      db
        .updateTable("workbench_job")
        .set({ state: "running" })
        .where("task_id", "=", (next) =>
          next
            .selectFrom("workbench_job")
            .select("task_id")
            .where("state", "=", "waiting")
            .orderBy("created_at")
            .orderBy("task_id")
            .limit(1),
        )
        .returningAll()
        .executeTakeFirst(),
    async finish(taskId) {
      await db.updateTable("workbench_job").set({ state: "done" }).where("task_id", "=", taskId).execute();
    },
    get: (taskId) => db.selectFrom("workbench_job").selectAll().where("task_id", "=", taskId).executeTakeFirst(),
    async requestCancel(taskId) {
      await db.updateTable("workbench_job").set({ cancel_requested: 1 }).where("task_id", "=", taskId).execute();
    },
    async putBack(taskId) {
      await db.updateTable("workbench_job").set({ state: "waiting" }).where("task_id", "=", taskId).execute();
    },
    async recoverCrashed() {
      await db
        .updateTable("workbench_job")
        .set(({ eb }) => ({ state: "waiting", crashes: eb("crashes", "+", 1) }))
        .where("state", "=", "running")
        .execute();
    },
    async countUnfinished(ownerId) {
      const { count } = await db
        .selectFrom("workbench_job")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("owner_id", "=", ownerId)
        .where("state", "!=", "done")
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}
