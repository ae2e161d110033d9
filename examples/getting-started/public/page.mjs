import { createClients } from "@signalbox/client";
import "@signalbox/client/connection-status";

const at = (selector) => document.querySelector(selector);
const clients = createClients();
at("connection-status").source = clients.state;

at("#sign-in").onclick = async () => {
  await fetch("/sign-in", { method: "POST" });
  clients.sessionChanged();
};

at("#import").onclick = async () => {
  const { csrf } = await (await fetch("/realtime/client-config")).json();
  const answer = await fetch("/import", { method: "POST", headers: { "x-csrf-token": csrf ?? "" } });
  if (!answer.ok) {
    at("output").textContent = "Sign in first.";
    return;
  }
  const { task_id } = await answer.json();
  for await (const { task } of clients.user().tasks.watch(task_id)) {
    if (task === null) continue;
    at("progress").value = task.percent ?? 0;
    at("output").textContent = task.status;
  }
};
