import { finalEvents, isFinal, namespaces, taskRoom } from "@signalbox/protocol";
import type { Clock, Publisher } from "../ports.ts";
import { createConflator } from "./conflator.ts";
import type { ProgressHub } from "./progress-hub.ts";

interface ProgressFeedOptions {
  readonly hub: ProgressHub;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly flushMs: number;
}

/**
 * Tells the watchers of each task what becomes of it. Nothing is sent, encoded or kept for a task that nobody watches.
 * Final states leave at once and last, and the room is dissolved after them.
 */
export function createProgressFeed({ hub, publisher, clock, flushMs }: ProgressFeedOptions): { close(): void } {
  const conflator = createConflator({
    clock,
    flushMs,
    send: (task) => publisher.publish(namespaces.user, taskRoom(task.task_id), "progress_update", task),
  });

  const unsubscribe = hub.subscribe({
    changed(task) {
      if (publisher.occupied(namespaces.user, taskRoom(task.task_id))) conflator.mark(task);
    },
    ended(task) {
      conflator.drop(task.task_id);
      if (!isFinal(task.status)) return;
      const room = taskRoom(task.task_id);
      publisher.publish(namespaces.user, room, finalEvents[task.status], task);
      publisher.dissolve(namespaces.user, room);
    },
  });

  return {
    close() {
      unsubscribe();
      conflator.close();
    },
  };
}
