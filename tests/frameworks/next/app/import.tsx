"use client";

import { createClients } from "@signalbox/client";
import { useState } from "react";

/** At module level, as the documentation shows: on the server it opens no connection. */
const clients = createClients();

export function Import() {
  const [status, setStatus] = useState("idle");

  async function start(): Promise<void> {
    const body = JSON.stringify({ username: "ada" });
    await fetch("/sign-in", { method: "POST", headers: { "content-type": "application/json" }, body });
    const { csrf } = await (await fetch("/realtime/client-config")).json();
    const answer = await fetch("/tasks", { method: "POST", headers: { "x-csrf-token": csrf } });
    const { task_id } = await answer.json();
    for await (const { task } of clients.user().tasks.watch(task_id)) {
      if (task !== null) setStatus(task.status);
      if (task?.status === "completed") return;
    }
  }

  return (
    <section>
      <button type="button" onClick={() => void start()}>
        Import
      </button>
      <p role="status">{status}</p>
    </section>
  );
}
