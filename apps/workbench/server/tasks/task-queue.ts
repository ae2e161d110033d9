import type { TaskSnapshot } from "@signalbox/protocol";
import type { JobRow } from "../database.ts";

/** Runs jobs one after the other, or elsewhere: the embedded queue, or BullMQ where there are several processes. */
export interface TaskQueue {
  add(job: Pick<JobRow, "task_id" | "owner_id" | "kind" | "input">): Promise<void>;
  cancel(task: Pick<TaskSnapshot, "task_id">): Promise<void>;
  /** Unfinished jobs of one user. */
  countUnfinished(ownerId: string): Promise<number>;
  /** Resumes what a restart interrupted, then takes waiting jobs. */
  start(): Promise<void>;
  stop(): Promise<void>;
}
