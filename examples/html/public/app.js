import { createClients } from "@signalbox/client";
import "@signalbox/client/connection-status";

const at = (id) => document.getElementById(id);
const readConfig = async () => (await fetch("/realtime/client-config")).json();

// #region signalbox
const clients = createClients();
document.querySelector("connection-status").source = clients.state;

/** Every state of a task until its end, over interruptions. */
async function follow(taskId) {
  for await (const { task } of clients.user().tasks.watch(taskId)) if (task) show(task);
}
// #endregion

let taskId;

function show({ status, percent, step }) {
  const isOver = ["completed", "failed", "cancelled"].includes(status);
  at("bar").value = percent ?? 0;
  at("step").textContent = isOver ? status : (step ?? "");
  at("start").disabled = !isOver;
  at("cancel").disabled = isOver;
}

async function enter() {
  const { authenticated } = await readConfig();
  at("sign-in").hidden = authenticated;
  at("work").hidden = !authenticated;
  clients.user();
  clients.sessionChanged();
}

at("sign-in").onsubmit = async (event) => {
  event.preventDefault();
  await fetch(`/sign-in?${new URLSearchParams(new FormData(event.target))}`, { method: "POST" });
  await enter();
};
at("sign-out").onclick = async () => {
  await fetch("/sign-out", { method: "POST" });
  await enter();
};
at("start").onclick = async () => {
  at("problem").textContent = "";
  const { csrf } = await readConfig();
  const answer = await fetch("/practice", { method: "POST", headers: { "x-csrf-token": csrf } });
  ({ task_id: taskId } = await answer.json());
  await follow(taskId);
};
at("cancel").onclick = async () => {
  try {
    await clients.user().request("cancel_task", { task_id: taskId });
  } catch ({ message }) {
    // The task may have ended at the same moment.
    at("problem").textContent = message;
  }
};

await enter();
