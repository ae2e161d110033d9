import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import type { TaskSnapshot } from "@signalbox/protocol";
import type { Principal, ProgressHub } from "@signalbox/server";
import type { Kysely } from "kysely";
import { cutText } from "../cut-text.ts";
import type { DataFolder } from "../data-folder.ts";
import type { WorkbenchTables } from "../database.ts";
import type { ReceivedImage } from "../images/receive-images.ts";
import { UploadProblem } from "../images/upload-problem.ts";
import type { TaskQueue } from "./task-queue.ts";

/** Maximum unfinished tasks of one user. */
const maxUnfinished = 10;

interface TasksOptions {
  readonly db: Kysely<WorkbenchTables>;
  readonly folder: DataFolder;
  readonly queue: TaskQueue;
  readonly progress: ProgressHub;
}

/** Creates tasks. */
export interface Tasks {
  /**
   * Creates a task if its owner may have one more. A task that is being created counts: its images may take long to
   * arrive.
   * @throws UploadProblem `too_many_tasks`
   */
  admit<Task>(owner: Principal, make: () => Promise<Task>): Promise<Task>;
  /** Reserves an id and an upload folder for a task that may never be created. */
  reserve(): { readonly taskId: string; readonly folder: string };
  createBatch(taskId: string, images: readonly ReceivedImage[], owner: Principal): Promise<TaskSnapshot>;
  createPractice(input: object, owner: Principal): Promise<TaskSnapshot>;
}

/** Maximum characters of a task's title. */
const maxTitle = 200;

/** Shortens the name, never the number at the end. */
function titleOfMany(first: string, others: number): string {
  const end = ` and ${others} more`;
  return cutText(first, maxTitle - end.length) + end;
}

export function createTasks({ db, folder, queue, progress }: TasksOptions): Tasks {
  /** Tasks being created, by user. */
  const onTheirWay = new Map<string, number>();

  /** Creates the task first: a job without a task would run unseen. A task without a job is ended on the next start. */
  async function begin(taskId: string, kind: string, title: string, input: object, owner: Principal, total?: number) {
    const task = await progress.create({
      task_id: taskId,
      kind,
      title,
      owner_id: owner.userId,
      ...(total !== undefined && { total }),
    });
    await queue.add({ task_id: taskId, owner_id: owner.userId, kind, input: JSON.stringify(input) });
    return task;
  }

  return {
    async admit({ userId }, make) {
      const others = onTheirWay.get(userId) ?? 0;
      onTheirWay.set(userId, others + 1);
      try {
        if ((await queue.countUnfinished(userId)) + others < maxUnfinished) return await make();
        const message = `You have ${maxUnfinished} unfinished tasks. Wait for one to end, or cancel one.`;
        throw new UploadProblem("too_many_tasks", message);
      } finally {
        const left = (onTheirWay.get(userId) ?? 0) - 1;
        if (left > 0) onTheirWay.set(userId, left);
        else onTheirWay.delete(userId);
      }
    },
    reserve() {
      const taskId = randomUUID();
      return { taskId, folder: `${folder.uploads(taskId)}.part` };
    },
    async createBatch(taskId, images, owner) {
      await rename(`${folder.uploads(taskId)}.part`, folder.uploads(taskId));
      const rows = images.map((image, position) => ({ task_id: taskId, position, result: null, ...image }));
      await db.insertInto("workbench_image").values(rows).execute();
      const [first] = images;
      const title =
        images.length === 1 ? cutText(first?.name ?? "", maxTitle) : titleOfMany(first?.name ?? "", images.length - 1);
      return begin(taskId, "batch", title, {}, owner, images.length);
    },
    createPractice: (input, owner) => begin(randomUUID(), "practice", "Practice task", input, owner),
  };
}
