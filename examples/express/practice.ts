import { setTimeout as delay } from "node:timers/promises";
import type { ProgressHub } from "@signalbox/server";

/** Work that takes a while and produces nothing: stands in for an import, a report, a conversion. */
export interface Practice {
  /** Starts a task of this user, and returns its id. */
  start(userId: string): Promise<string>;
  cancel(taskId: string): void;
}

const steps = ["Reading", "Sorting", "Counting", "Writing"];
const unitsPerStep = 10;
const unitMs = 50;

export function createPractice(progress: ProgressHub): Practice {
  /** The work that is going on, by task. */
  const running = new Map<string, AbortController>();

  // #region work
  async function work(taskId: string, signal: AbortSignal): Promise<void> {
    const total = steps.length * unitsPerStep;
    try {
      for (let current = 0; current < total; current += 1) {
        const step = steps[Math.floor(current / unitsPerStep)] ?? null;
        await progress.report(taskId, { status: "running", current, total, step });
        await delay(unitMs, undefined, { signal });
      }
      await progress.complete(taskId, { counted: total });
    } catch (error) {
      if (signal.aborted) await progress.cancelled(taskId);
      else await progress.fail(taskId, { code: "practice_failed", message: String(error) });
    } finally {
      running.delete(taskId);
    }
  }
  // #endregion

  return {
    async start(userId) {
      const { task_id } = await progress.create({ kind: "practice", title: "Practice", owner_id: userId });
      const controller = new AbortController();
      running.set(task_id, controller);
      void work(task_id, controller.signal);
      return task_id;
    },
    cancel: (taskId) => running.get(taskId)?.abort(),
  };
}
