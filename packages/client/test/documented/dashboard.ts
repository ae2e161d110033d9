/** Quoted in docs/admin.md. */
import { showFrame, showList } from "./shown.ts";

// #region dashboard

import { createClients } from "@signalbox/client";

const admin = createClients().admin();

// One frame a second at most, with what has happened in it.
admin.on("admin_batch", ({ metrics, tasks, removed_tasks, security_events, connections, alerts }) => {
  showFrame(metrics, tasks, removed_tasks, security_events, connections, alerts);
});
// After the listeners are there, and after each interruption.
admin.onStatus(({ status }) => {
  if (status === "open") void readLists();
});

async function readLists(): Promise<void> {
  const history = await admin.request("get_metrics_history", {});
  const { rows, total } = await admin.request("list_connections", { sort: "username", offset: 0, limit: 100 });
  const tasks = await admin.request("list_tasks", { limit: 100 });
  showList(history, rows, total, tasks.rows);
}

export async function keepOut(userId: string): Promise<void> {
  await admin.request("add_block", { subject: "user", id: userId, seconds: 3600, reason: "spam" });
}
// #endregion
