import type { LedgerStanding, Notification } from "@signalbox/protocol";
import type { Environment } from "../environment.ts";
import type { Observable } from "../observable.ts";
import type { Problem } from "../report.ts";

/** What a page shows of notifications: the list, and the unread count. */
export interface NotificationsState extends LedgerStanding {
  /**
   * `loading`: nothing is known yet. `live`: over the socket. `polling`: over HTTP, because no socket can be opened.
   * `stale`: the list may be outdated. `refused`: this visitor has no access, and the list is empty.
   */
  readonly phase: "loading" | "live" | "polling" | "stale" | "refused";
  /** Newest first: the latest, and all that still require acknowledgement. */
  readonly notifications: readonly Notification[];
}

/** The notifications of the signed-in user; the same in all tabs. */
export interface NotificationCentre extends Observable<NotificationsState> {
  /**
   * Calls the listener once for each new notification, in order. Of those from before the page was opened, it receives
   * only the unacknowledged ones.
   * @returns an unsubscribe function
   */
  onArrived(listener: (notification: Notification) => void): () => void;
  /**
   * Marks everything up to `seq` as read, but stops before the first notification that still requires acknowledgement.
   * @throws RequestError
   */
  markRead(seq: number): Promise<void>;
  /**
   * Records that the user has acknowledged everything up to `seq`. Notifications that require no acknowledgement are
   * acknowledged automatically.
   * @throws RequestError
   */
  acknowledge(seq: number): Promise<void>;
  /** Stops listening; the connection stays open. */
  close(): void;
}

/** Options of `openNotifications`. */
export interface NotificationsOptions {
  /** How many notifications are kept. Default: 50. */
  limit?: number;
  /** Called for listeners that throw. */
  onProblem?: (problem: Problem) => void;
  /** Time and randomness, for tests. */
  environment?: Environment;
}
