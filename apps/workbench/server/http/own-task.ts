import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { type Principal, type ProgressHub, Refusal } from "@signalbox/server";

/** Ids of the workbench's tasks; a database need not be asked for others. */
const taskId = /^[\w-]{1,64}$/;

/**
 * A task as its owner or an administrator may see it.
 * @throws Refusal `task_not_found` alike for a missing one and somebody else's, `task_finished` where it may not have ended
 */
export async function ownTask(
  progress: ProgressHub,
  id: string,
  { userId, role }: Principal,
  state?: "unfinished",
): Promise<TaskSnapshot> {
  const task = taskId.test(id) ? await progress.get(id) : undefined;
  if (task === undefined || (task.owner_id !== userId && role !== "admin")) throw new Refusal("task_not_found");
  if (state === "unfinished" && isFinal(task.status)) throw new Refusal("task_finished");
  return task;
}
