import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { Principal, TaskControl } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { visibleTask } from "./task-access.ts";
import type { ProgressHub } from "./task-registry.ts";

/**
 * Asks the application to cancel a task, for its owner or an administrator.
 * Returns the task as it is afterwards; the final state follows when the work has stopped.
 * @param by - read again after each look-up: an administrator may have been demoted meanwhile
 * @throws Refusal `task_not_found`, `task_finished`, or `unavailable` when the application cannot cancel tasks.
 */
export async function requestCancel(
  taskId: string,
  by: { readonly principal: Principal },
  hub: ProgressHub,
  control: TaskControl | undefined,
): Promise<TaskSnapshot> {
  const task = visibleTask(await hub.get(taskId), by.principal);
  if (isFinal(task.status)) throw new Refusal("task_finished");
  if (control === undefined) {
    throw new Refusal("unavailable", { hint: "createRealtime was given no `tasks` that could cancel one." });
  }
  await control.cancel(task, by.principal);
  return visibleTask(await hub.get(taskId), by.principal);
}
