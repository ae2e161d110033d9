import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { Clock } from "../core/ports.ts";

/** How long the runs of tasks have lasted. */
export interface RunTimes {
  /** In milliseconds; 0 for a run that has not begun. */
  elapsedMs(task: TaskSnapshot): number;
  forget(taskId: string): void;
}

/**
 * Measures runs by the monotonic clock. `started_at` is for people, and the clock may be set within a run. Only where
 * another process began the run, the time until now is derived from it.
 */
export function createRunTimes(clock: Pick<Clock, "now" | "monotonic">): RunTimes {
  const runs = new Map<string, { readonly started_at: string; readonly since: number }>();

  return {
    elapsedMs({ task_id, started_at, status }) {
      if (started_at === null || isFinal(status)) return 0;
      const known = runs.get(task_id);
      if (known?.started_at === started_at) return clock.monotonic() - known.since;
      const elapsedMs = Math.max(0, clock.now() - Date.parse(started_at));
      runs.set(task_id, { started_at, since: clock.monotonic() - elapsedMs });
      return elapsedMs;
    },
    forget: (taskId) => void runs.delete(taskId),
  };
}
