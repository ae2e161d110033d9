import type { TaskSnapshot } from "@signalbox/protocol";
import type { Clock } from "../core/ports.ts";

export interface RateLimitedUpdates {
  /** Takes the latest state of a task: sent at once if the task was quiet, else with the next tick. */
  mark(snapshot: TaskSnapshot): void;
  /** Forgets what is pending for a task: its final state is sent instead. */
  drop(taskId: string): void;
  close(): void;
}

interface ConflatorOptions {
  readonly clock: Clock;
  /** At most one send per task in this time, and the latest state within it. */
  readonly flushMs: number;
  send(snapshot: TaskSnapshot): void;
}

/** A tick may hold the event loop this long; the tasks that are left follow a moment later. */
const sliceMs = 3;

/** Number of tasks that are sent before the time is checked. */
const perLook = 16;

/**
 * Progress is state: of the reports within a tick only the latest matters. A task that was quiet is sent at once, since
 * low rates gain nothing from waiting; after that it is sent with the tick. One timer serves all tasks and stops when
 * nothing has been reported for a whole tick.
 */
export function createRateLimitedUpdates({ clock, flushMs, send }: ConflatorOptions): RateLimitedUpdates {
  /** Tasks sent within the last tick; the value is what has been reported since, null when nothing was. */
  const recent = new Map<string, TaskSnapshot | null>();
  let stop: (() => void) | undefined;
  /** Continues a tick that did not end in one slice. */
  let cancelRest: (() => void) | undefined;

  function tick(): void {
    if (cancelRest === undefined) flush([...recent.keys()]);
    if (recent.size > 0) return;
    stop?.();
    stop = undefined;
  }

  function flush(taskIds: readonly string[]): void {
    cancelRest = undefined;
    const until = clock.monotonic() + sliceMs;
    for (const [index, taskId] of taskIds.entries()) {
      flushOne(taskId);
      if (index % perLook !== perLook - 1 || clock.monotonic() <= until) continue;
      const rest = taskIds.slice(index + 1);
      if (rest.length > 0) cancelRest = clock.after(0, () => flush(rest));
      return;
    }
  }

  function flushOne(taskId: string): void {
    const pending = recent.get(taskId);
    if (pending === undefined) return;
    if (pending === null) {
      recent.delete(taskId);
      return;
    }
    recent.set(taskId, null);
    send(pending);
  }

  return {
    mark(snapshot) {
      if (recent.has(snapshot.task_id)) {
        recent.set(snapshot.task_id, snapshot);
        return;
      }
      recent.set(snapshot.task_id, null);
      stop ??= clock.every(flushMs, tick);
      send(snapshot);
    },
    drop: (taskId) => void recent.delete(taskId),
    close() {
      stop?.();
      stop = undefined;
      cancelRest?.();
      recent.clear();
    },
  };
}
