import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { type Principal, type ProgressHub, Refusal } from "@signalbox/server";

/** The form of the workbench's task ids; others need no database query. */
const taskId = /^[\w-]{1,64}$/;

/**
 * Returns a task if the user is its owner or an administrator.
 * @throws Refusal `task_not_found` alike for a missing task and another user's, `task_finished` where it must not have
 *   ended
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
