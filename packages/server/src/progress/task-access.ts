import type { TaskSnapshot } from "@signalbox/protocol";
import type { Principal } from "../ports.ts";
import { Refusal } from "../refusal.ts";

/**
 * A task as its owner or an administrator may see it.
 * @throws Refusal `task_not_found` for anybody else's exactly as for one that does not exist, so that ids cannot be probed
 */
export function visibleTask(task: TaskSnapshot | undefined, principal: Principal): TaskSnapshot {
  const visible = task !== undefined && (principal.role === "admin" || task.owner_id === principal.userId);
  if (!visible) throw new Refusal("task_not_found");
  return task;
}
