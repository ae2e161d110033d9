import { type NoticeAudience, toldAudience } from "../core/audience.ts";
import type { Clock, DueEscalation, EscalationStore, Log, StoredNotice } from "../core/ports.ts";

/** How often the store is checked for due escalations: other nodes may have stored them. */
const lookMs = 1000;

/** Maximum number of escalations that one check claims; the rest follows in the next. */
const perLook = 100;

/** How long the application may take for one escalation; then it counts as failed, and is retried. */
const answerWithinMs = 10_000;

/**
 * The lease of a claimed escalation, in case its node dies: longer than an answer takes, by more than clocks differ.
 */
const leaseMs = 30_000;

/** The pause after a failure doubles with each, from the first to the longest. */
const firstPauseMs = 5000;
const longestPauseMs = 600_000;

/** A critical notification that has not been acknowledged in time. */
export interface UnacknowledgedNotice {
  /** A notification for a room was stored once for each of its members. */
  readonly audience: NoticeAudience;
  readonly notice: StoredNotice["notice"];
  /**
   * Whether a user has acknowledged or read it: the server keeps no list of the users in a role.
   * @throws Refusal `unavailable` when the store does not answer
   */
  hasAcknowledged(userId: string): Promise<boolean>;
}

/**
 * The application's reaction, such as a call or a mail. The server calls this at least once for each notification. It
 * calls again, with growing pauses, when it throws or takes more than ten seconds. Several calls may run at a time.
 */
export type OnUnacknowledged = (unacknowledged: UnacknowledgedNotice) => void | Promise<void>;

/**
 * The outcome of an escalation: the application was notified, it was not needed any more, or it failed and will be
 * retried.
 */
type EscalationOutcome = "told" | "acknowledged" | "failed";

interface EscalationOptions {
  readonly store: EscalationStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly onUnacknowledged: OnUnacknowledged;
  onOutcome(outcome: EscalationOutcome): void;
  /** Called for each escalation in flight; the promise never rejects. */
  onBegun(escalation: Promise<void>): void;
}

/**
 * Takes due escalations from the store and notifies the application. Each escalation is claimed for a time before the
 * call, and settled after it: two nodes do not both call, and a node that dies in between loses nothing.
 * @returns a function that ends it
 */
export function createEscalations(options: EscalationOptions): () => void {
  const { store, clock, log } = options;
  const later = (ms: number): string => new Date(clock.now() + ms).toISOString();
  let looking = false;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    try {
      const due = await store.claim({ now: later(0), until: later(leaseMs), limit: perLook });
      for (const escalation of due) options.onBegun(escalate(escalation));
    } catch {
      // An outage is logged where the store is monitored; the next check asks again.
    } finally {
      looking = false;
    }
  }

  async function escalate(due: DueEscalation): Promise<void> {
    const { serial, tries, notice } = due;
    try {
      options.onOutcome(await tell(due));
      await store.settle(serial);
    } catch (err) {
      options.onOutcome("failed");
      const pauseMs = Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs);
      const fields = { err, notice_id: notice.id, audience: due.audience, tries, retry_in_ms: pauseMs };
      log.error(fields, "A critical notice could not be escalated; trying again.");
      // If that fails as well, the lease expires by itself.
      await store.postpone(serial, later(pauseMs)).catch(() => {});
    }
  }

  async function tell({ serial, audience: stored, notice }: DueEscalation): Promise<"told" | "acknowledged"> {
    const audience = toldAudience(stored);
    const hasAcknowledged = (userId: string) => store.hasAcknowledged(userId, serial);
    const isForOne = audience !== "everyone" && "user_id" in audience;
    if (isForOne && (await hasAcknowledged(audience.user_id))) return "acknowledged";
    await inTime(clock, async () => options.onUnacknowledged({ audience, notice, hasAcknowledged }));
    return "told";
  }

  return clock.every(lookMs, () => void look());
}

/** @throws Error when `run` takes too long; it continues then, and its result is ignored. */
async function inTime(clock: Clock, run: () => Promise<void>): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`onUnacknowledged did not return within ${answerWithinMs} ms.`);
    cancel = clock.after(answerWithinMs, () => reject(error));
  });
  await Promise.race([run(), late]).finally(cancel);
}
