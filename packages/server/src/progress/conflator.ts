import type { TaskSnapshot } from "@signalbox/protocol";
import type { Clock } from "../ports.ts";

export interface Conflator {
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

/**
 * Progress is state: of what is reported within a tick only the latest matters. A task that was quiet is sent at once,
 * since low rates gain nothing from waiting; from then on the tick has it. One timer serves all tasks and stops when
 * nothing has been reported for a whole tick.
 */
export function createConflator({ clock, flushMs, send }: ConflatorOptions): Conflator {
  /** Tasks sent within the last tick; the value is what has been reported since, null when nothing was. */
  const recent = new Map<string, TaskSnapshot | null>();
  let stop: (() => void) | undefined;

  function tick(): void {
    for (const [taskId, pending] of recent) {
      if (pending === null) recent.delete(taskId);
      else {
        recent.set(taskId, null);
        send(pending);
      }
    }
    if (recent.size > 0) return;
    stop?.();
    stop = undefined;
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
      recent.clear();
    },
  };
}
