import type { Clock, ProgressPublisher } from "../core/ports.ts";
import { createRateLimitedUpdates } from "./rate-limited-updates.ts";
import type { ProgressHub } from "./task-registry.ts";

interface ProgressFeedOptions {
  readonly hub: ProgressHub;
  readonly publisher: ProgressPublisher;
  readonly clock: Clock;
  readonly flushMs: number;
}

/**
 * Notifies the watchers of each task of its changes. Nothing is sent, encoded or kept for a task without watchers.
 * Final states leave at once and last.
 */
export function createProgressFeed({ hub, publisher, clock, flushMs }: ProgressFeedOptions): { close(): void } {
  const updates = createRateLimitedUpdates({ clock, flushMs, send: publisher.send });

  const unsubscribe = hub.subscribe({
    changed(task) {
      if (publisher.watched(task.task_id)) updates.mark(task);
    },
    handedOver: publisher.handOver,
    removed({ task_id }) {
      updates.drop(task_id);
      publisher.remove(task_id);
    },
    ended(task) {
      updates.drop(task.task_id);
      publisher.finish(task);
    },
  });

  return {
    close() {
      unsubscribe();
      updates.close();
      publisher.close();
    },
  };
}
