import type { TaskSnapshot } from "@signalbox/protocol";
import { type ProgressHub, Refusal } from "@signalbox/server";

export interface TaskMillOptions {
  readonly progress: Pick<ProgressHub, "list" | "get" | "create" | "report" | "complete" | "fail" | "cancelled">;
  /** Tasks that run at a time. */
  readonly size: number;
  /** Whose tasks they are. */
  readonly owners: readonly string[];
  readonly random: () => number;
  /** What its tasks are called; it takes up those, and no others. Default: Work. */
  readonly title?: string;
  /** Share of the tasks that go one step on in each twentieth of a second. Default: 0.1, so that each lasts 4 to 11 s. */
  readonly pace?: number;
  /** Called with each task that runs, those from before a restart included. */
  onTask(task: TaskSnapshot): void;
  /** Called with each error of a write; the write is tried again. */
  onFailure(error: unknown): void;
}

export interface TaskMill {
  /** No task follows one that ends; resolves when all have ended. */
  finish(): Promise<void>;
  /** Nothing is reported any more; resolves when what was under way is through. */
  stop(): Promise<void>;
}

const tickMs = 50;

/** Works at so many tasks all the time: each is finished and followed by another, and goes on after a restart. */
export async function startTaskMill(options: TaskMillOptions): Promise<TaskMill> {
  const { progress, size, owners, random, title = "Work", pace = 0.1, onTask } = options;
  const running = new Set<string>();
  /** Tasks of which something is being written: a store that is slow gets no queue of reports about each. */
  const busy = new Set<string>();
  let turning: Promise<unknown> = Promise.resolve();
  let beginning = 0;

  const { rows } = await progress.list({ active: true, limit: 500 });
  await Promise.all(rows.filter((task) => task.title === title).map((task) => take(task)));
  await fill();
  const timer = setInterval(() => {
    turning = Promise.all([turn(), turning]).then(() => {});
  }, tickMs);

  async function take(task: TaskSnapshot): Promise<void> {
    running.add(task.task_id);
    onTask(task);
    await alone(task.task_id, () => takeUp(task));
  }

  async function takeUp({ task_id, status }: TaskSnapshot): Promise<void> {
    if (status === "queued") await progress.report(task_id, { status: "running", current: 0 });
  }

  async function begin(): Promise<void> {
    const total = 8 + Math.floor(random() * 14);
    const owner_id = owners[Math.floor(random() * owners.length)] ?? "nobody";
    await take(await progress.create({ kind: "test", title, owner_id, total }));
  }

  async function fill(): Promise<void> {
    const missing = size - running.size - beginning;
    await Promise.all(Array.from({ length: Math.max(0, missing) }, beginOne));
  }

  async function beginOne(): Promise<void> {
    beginning += 1;
    try {
      await begin();
    } catch (error) {
      options.onFailure(error);
    }
    beginning -= 1;
  }

  async function turn(): Promise<void> {
    const chosen = [...running].filter((task) => random() < pace && !busy.has(task));
    await Promise.all(chosen.map((task) => alone(task, () => step(task))));
    await fill();
  }

  async function alone(taskId: string, write: () => Promise<void>): Promise<void> {
    busy.add(taskId);
    try {
      await write();
    } catch (error) {
      options.onFailure(error);
    } finally {
      busy.delete(taskId);
    }
  }

  async function step(taskId: string): Promise<void> {
    const task = await progress.get(taskId);
    if (task === undefined) return;
    if (task.status === "queued") return takeUp(task);
    const current = (task.current ?? 0) + 1;
    if (current < (task.total ?? 0)) await progress.report(taskId, { current });
    else await end(taskId);
  }

  async function end(taskId: string): Promise<void> {
    await endOnce(taskId).catch((error: unknown) => {
      // A commit whose answer did not come in time may have happened all the same.
      if (!(error instanceof Refusal && error.code === "task_finished")) throw error;
    });
    running.delete(taskId);
  }

  async function endOnce(taskId: string): Promise<void> {
    const dice = random();
    if (dice < 0.6) await progress.complete(taskId, { made: taskId });
    else if (dice < 0.8) await progress.fail(taskId, { code: "test", message: "As it was meant to." });
    else await progress.cancelled(taskId);
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    await turning;
  }

  return {
    stop,
    async finish() {
      await stop();
      await Promise.all([...running].map(end));
    },
  };
}
