import type { LedgerStanding, Notification } from "@signalbox/protocol";
import type { Environment } from "../environment.ts";
import type { Observable } from "../observable.ts";
import type { Problem } from "../report.ts";

/** What a page shows of notifications: those it has, and how many are unread. */
export interface NotificationsState extends LedgerStanding {
  /**
   * `loading`: nothing is known yet. `live`: over the socket. `polling`: over HTTP, because no socket can be opened.
   * `stale`: what is shown may be old. `refused`: not for this visitor, and nothing is shown.
   */
  readonly phase: "loading" | "live" | "polling" | "stale" | "refused";
  /** Newest first: the latest, and whatever has still to be acknowledged by a person. */
  readonly notifications: readonly Notification[];
}

/** The notifications of whoever is signed in; alike in all tabs. */
export interface NotificationCentre extends Observable<NotificationsState> {
  /**
   * Told of each new notification once, in order; of those from before the page was opened, what nobody acknowledged.
   * @returns the way to stop
   */
  onArrived(listener: (notification: Notification) => void): () => void;
  /**
   * Everything up to `seq` has been read, but nothing from the first on that a person has still to acknowledge.
   * @throws RequestError
   */
  markRead(seq: number): Promise<void>;
  /**
   * A person has acknowledged everything up to `seq`. Arrivals that ask for nobody are acknowledged without a call.
   * @throws RequestError
   */
  acknowledge(seq: number): Promise<void>;
  /** Stops listening; the connection stays. */
  close(): void;
}

/** What is told to the application, and what is asked of it. */
export interface NotificationsOptions {
  /** How many are kept. Default: 50. */
  limit?: number;
  /** Told of listeners that throw. */
  onProblem?: (problem: Problem) => void;
  /** Time and dice, for tests. */
  environment?: Environment;
}
