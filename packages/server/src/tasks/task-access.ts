import type { TaskSnapshot } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** Whether a task is somebody's to see: its owner's, or an administrator's. */
export const maySee = ({ owner_id }: TaskSnapshot, { role, userId }: Principal): boolean =>
  role === "admin" || owner_id === userId;

/**
 * A task as its owner or an administrator may see it.
 * @throws Refusal `task_not_found` for anybody else's exactly as for one that does not exist, so that ids cannot be probed
 */
export function visibleTask(task: TaskSnapshot | undefined, principal: Principal): TaskSnapshot {
  if (task === undefined || !maySee(task, principal)) throw new Refusal("task_not_found");
  return task;
}
