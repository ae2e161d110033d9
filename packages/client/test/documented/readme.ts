/** Quoted in README.md. */

// #region page

import { createClients } from "@signalbox/client";
import "@signalbox/client/connection-status";

const clients = createClients();
for (const line of document.querySelectorAll("connection-status")) line.source = clients.state;

export async function follow(taskId: string): Promise<void> {
  for await (const { task } of clients.user().tasks.watch(taskId)) {
    document.title = `${task?.title ?? "Task"}: ${task?.percent ?? 0} %`;
  }
}
// #endregion
