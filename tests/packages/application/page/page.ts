import type { TaskSnapshot } from "@signalbox/protocol";

const taskId = await (await fetch("/tasks", { method: "POST" })).text();

import { createClients } from "@signalbox/client";
import "@signalbox/client/connection-status";

const clients = createClients();
const status = document.querySelector("connection-status");
if (status) status.source = clients.state;

for await (const { task } of clients.user().tasks.watch(taskId)) show(task);

function show(task: TaskSnapshot | null): void {
  const output = document.querySelector("output");
  if (output) output.textContent = `${task?.title}: ${task?.status}`;
}
