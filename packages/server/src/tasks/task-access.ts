import type { TaskSnapshot } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** Whether a principal may see a task: its owner may, and administrators may. */
export const maySee = ({ owner_id }: TaskSnapshot, { role, userId }: Principal): boolean =>
  role === "admin" || owner_id === userId;

/**
 * A task as its owner or an administrator may see it.
 * @throws Refusal `task_not_found` for another user's task exactly as for one that does not exist, so that ids cannot
 * be probed
 */
export function visibleTask(task: TaskSnapshot | undefined, principal: Principal): TaskSnapshot {
  if (task === undefined || !maySee(task, principal)) throw new Refusal("task_not_found");
  return task;
}
