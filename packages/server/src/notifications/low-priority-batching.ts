import type { Notification, NotificationPage } from "@signalbox/protocol";
import type { Clock } from "../core/ports.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import type { RealtimeSocket } from "../socket-io/socket.ts";

/** So many are not gathered further: they go at once. */
const maxGathered = 100;

interface LowNoticeOptions {
  readonly clock: Pick<Clock, "monotonic">;
  readonly backpressure: Pick<Backpressure, "isSlow">;
  /** How long low ones wait for others, in milliseconds. */
  readonly waitMs: number;
}

export interface LowPriorityBatching {
  /** Whether what is to be delivered to a user may wait for more: it is all low, and each delivery costs a request. */
  wait(userId: string, sockets: readonly RealtimeSocket[], undelivered: readonly Notification[]): boolean;
  /** Those whose time is over. */
  due(): string[];
  /** For a user who has gone. */
  forget(userId: string): void;
}

/** Gathers low notices for those on polling, or who read slowly, so that ten of them are one answer instead of ten. */
export function createLowPriorityBatching({ clock, backpressure, waitMs }: LowNoticeOptions): LowPriorityBatching {
  /** Until when each user's may wait. */
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

/** A page as if what waits had not been sent yet: a client that was told of it would come and ask. */
export function withoutWaiting({ notifications, ...standing }: NotificationPage): NotificationPage {
  const [first] = notifications;
  if (first === undefined) return { notifications, ...standing };
  const unread = standing.unread - notifications.length;
  return { ...standing, notifications: [], latest_seq: first.seq - 1, unread };
}
