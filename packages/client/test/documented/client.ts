/** Quoted in docs/client.md. */
import { show, toast } from "./shown.ts";

// #region client

import { createClients } from "@signalbox/client";

export const clients = createClients(); // in Node: { url, token } or { url, headers }
const user = clients.user();

export async function follow(taskId: string): Promise<void> {
  // The loop ends with the task.
  for await (const { task, source, error } of user.tasks.watch(taskId)) show(task, source, error);
}

user.on("task_completed", ({ title }) => toast(`${title} is done.`));

export async function cancel(taskId: string): Promise<void> {
  await user.request("cancel_task", { task_id: taskId }, { timeoutMs: 5000 });
}
// #endregion
