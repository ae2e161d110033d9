import { monitorEventLoopDelay } from "node:perf_hooks";
import { messageOf, monotonicUs } from "../payloads.ts";
import type { ProgressAnswer, ProgressParams } from "../server-commands.ts";

const tickMs = 10;

/**
 * What one tick may make up for. A saturated server falls behind and takes fewer updates; without a bound each tick
 * would last longer than the one before, and the last would hold the event loop for seconds.
 */
const catchUpMs = 100;

export interface TaskBoard {
  create(count: number): Promise<void> | void;
  /** One update of a task: more of it is done, and `message` is `messageOf(task, …)`. */
  update(task: number, message: string): void;
}

/** Updates all tasks in turn. Never more than is due: a server is offered work, and takes what it can. */
export function generateUpdates(params: ProgressParams, board: TaskBoard): Promise<ProgressAnswer> {
  const { tasks, updatesPerSecond, seconds } = params;
  const offered = updatesPerSecond * seconds;
  const mostPerTick = Math.ceil((updatesPerSecond * catchUpMs) / 1000);
  const lag = monitorEventLoopDelay({ resolution: 1 });
  const startedUs = monotonicUs();
  let processed = 0;
  lag.enable();

  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = (monotonicUs() - startedUs) / 1_000_000;
      const due = Math.min(offered, Math.floor(elapsed * updatesPerSecond)) - processed;
      for (let left = Math.min(due, mostPerTick); left > 0; left -= 1) {
        const task = processed % tasks;
        board.update(task, messageOf(task, monotonicUs()));
        processed += 1;
      }
      if (elapsed < seconds) return;
      clearInterval(timer);
      lag.disable();
      resolve({ processed, lagP99Ms: lag.percentile(99) / 1e6 });
    }, tickMs);
  });
}
