import type { TaskSnapshot } from "@signalbox/protocol";
import { taskIdOf } from "../payloads.ts";

/** How much a task has to do; updates come round again rather than end it. */
const taskTotal = 100_000;

/** What a new task is called, the same at every peer, so that all send the same bytes. */
export const newTaskOf = (task: number) => ({
  task_id: taskIdOf(task),
  kind: "export",
  title: `Export of collection ${taskIdOf(task)}`,
  owner_id: "bench",
  total: taskTotal,
});

/** The state of tasks as an application on bare Socket.IO keeps it: snapshots of the fields that Signalbox sends. */
export class Snapshots {
  readonly #tasks: TaskSnapshot[] = [];

  create(count: number): void {
    const at = new Date().toISOString();
    for (let task = this.#tasks.length; task < count; task += 1) {
      const known = { ...newTaskOf(task), version: Date.now() * 1000, status: "running", step: null } as const;
      const unknown = { percent: 0, message: null, current: 0, eta_seconds: null };
      this.#tasks.push({ ...known, ...unknown, created_at: at, started_at: at, updated_at: at });
    }
  }

  update(task: number, message: string): TaskSnapshot {
    const before = this.#tasks[task] as TaskSnapshot;
    const current = (before.current ?? 0) + 1;
    const after: TaskSnapshot = {
      ...before,
      ...{ version: before.version + 1, message, current, eta_seconds: 1234 },
      percent: Math.round((current / taskTotal) * 1000) / 10,
      updated_at: new Date().toISOString(),
    };
    this.#tasks[task] = after;
    return after;
  }
}
