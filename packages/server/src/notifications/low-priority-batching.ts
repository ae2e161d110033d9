import type { Notification, NotificationPage } from "@signalbox/protocol";
import type { Clock } from "../core/ports.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import type { RealtimeSocket } from "../socket-io/socket.ts";

/** A batch of this size does not wait for more: it is sent at once. */
const maxGathered = 100;

interface LowNoticeOptions {
  readonly clock: Pick<Clock, "monotonic">;
  readonly backpressure: Pick<Backpressure, "isSlow">;
  /** How long low-priority notifications wait for others, in milliseconds. */
  readonly waitMs: number;
}

export interface LowPriorityBatching {
  /**
   * Whether a user's undelivered notifications may wait for more: all have low priority, and each delivery costs a
   * request.
   */
  wait(userId: string, sockets: readonly RealtimeSocket[], undelivered: readonly Notification[]): boolean;
  /** Users whose waiting time is over. */
  due(): string[];
  /** For a user who has disconnected. */
  forget(userId: string): void;
}

/**
 * Batches low-priority notifications for clients that use polling or read slowly, so that ten of them are one answer
 * instead of ten.
 */
export function createLowPriorityBatching({ clock, backpressure, waitMs }: LowNoticeOptions): LowPriorityBatching {
  /** Until when the notifications of each user may wait. */
  const gathering = new Map<string, number>();

  return {
    wait(userId, sockets, undelivered) {
      const until = gathering.get(userId) ?? clock.monotonic() + waitMs;
      const mayWait =
        clock.monotonic() < until &&
        undelivered.length > 0 &&
        undelivered.length < maxGathered &&
        undelivered.every(({ priority }) => priority === "low") &&
        sockets.every(({ conn }) => conn.transport.name === "polling" || backpressure.isSlow(conn));
      if (mayWait) gathering.set(userId, until);
      else gathering.delete(userId);
      return mayWait;
    },
    due: () => [...gathering].filter(([, until]) => until <= clock.monotonic()).map(([userId]) => userId),
    forget: (userId) => void gathering.delete(userId),
  };
}

/** A page as if the waiting notifications had not been sent yet: a client that knew of them would request them. */
export function withoutWaiting({ notifications, ...standing }: NotificationPage): NotificationPage {
  const [first] = notifications;
  if (first === undefined) return { notifications, ...standing };
  const unread = standing.unread - notifications.length;
  return { ...standing, notifications: [], latest_seq: first.seq - 1, unread };
}
