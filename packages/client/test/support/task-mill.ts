import type { TaskSnapshot } from "@signalbox/protocol";
import type { ProgressHub } from "@signalbox/server";

interface TaskMillOptions {
  readonly progress: ProgressHub;
  /** Tasks that run at a time. */
  readonly size: number;
  /** Told of each task that runs; of those from before a restart as well. */
  onTask(taskId: string): void;
}

export interface TaskMill {
  /** No task follows one that ends; resolves when all have ended. */
  finish(): Promise<void>;
}

const tickMs = 50;

/** Works at so many tasks all the time: each is finished and followed by another, and goes on after a restart. */
export async function startTaskMill({ progress, size, onTask }: TaskMillOptions): Promise<TaskMill> {
  const running = new Set<string>();
  let refill = true;

  const { rows } = await progress.list({ active: true, limit: 500 });
  await Promise.all(rows.map((task) => take(task)));
  for (let count = running.size; count < size; count += 1) await begin();
  const timer = setInterval(() => void turn(), tickMs);

  async function take(task: TaskSnapshot): Promise<void> {
    if (task.status === "queued") await progress.report(task.task_id, { status: "running", current: 0 });
    running.add(task.task_id);
    onTask(task.task_id);
  }

  async function begin(): Promise<void> {
    const total = 8 + Math.floor(Math.random() * 14);
    await take(await progress.create({ kind: "test", title: "Work", owner_id: "nobody", total }));
  }

  /** A tenth of the tasks goes one step on: each lasts some 4 to 11 seconds. */
  async function turn(): Promise<void> {
    await Promise.all([...running].filter(() => Math.random() < 0.1).map(step));
  }

  async function step(taskId: string): Promise<void> {
    const task = await progress.get(taskId);
    if (task === undefined || !running.has(taskId)) return;
    const current = (task.current ?? 0) + 1;
    if (current < (task.total ?? 0)) return void (await progress.report(taskId, { current }));
    running.delete(taskId);
    await end(taskId);
    if (refill) await begin();
  }

  async function end(taskId: string): Promise<void> {
    const dice = Math.random();
    if (dice < 0.6) await progress.complete(taskId, { made: taskId });
    else if (dice < 0.8) await progress.fail(taskId, { code: "test", message: "As it was meant to." });
    else await progress.cancelled(taskId);
  }

  return {
    async finish() {
      refill = false;
      clearInterval(timer);
      // Whatever a step has begun meanwhile ends as well.
      while (running.size > 0) {
        const rest = [...running];
        running.clear();
        await Promise.all(rest.map(end));
      }
    },
  };
}
