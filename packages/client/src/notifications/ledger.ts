import type { LedgerStanding, Notification } from "@signalbox/protocol";

/** What is known about a user's notifications. */
export interface Ledger {
  readonly standing: LedgerStanding;
  /** Newest first. */
  readonly notifications: readonly Notification[];
  /** The highest `seq` that was processed: listeners have received everything up to it. */
  readonly taken: number;
}

export const emptyLedger: Ledger = {
  standing: { latest_seq: 0, acknowledged_seq: 0, read_seq: 0, unread: 0 },
  notifications: [],
  taken: 0,
};

/** The new ones, in order. When in doubt, the server sends a notification twice. */
export const newOnes = ({ taken }: Ledger, arrived: readonly Notification[]): Notification[] =>
  arrived.filter(({ seq }) => seq > taken).sort((a, b) => a.seq - b.seq);

/** Adds new ones. Keeps the latest, and all that still require acknowledgement. */
export function withNew(ledger: Ledger, added: readonly Notification[], limit: number): Ledger {
  const all = [...added].reverse().concat(ledger.notifications);
  const notifications = all.filter((each, index) => index < limit || isPending(ledger, each));
  return { ...ledger, notifications, taken: Math.max(ledger.taken, added.at(-1)?.seq ?? 0) };
}

export const withoutExpired = (ledger: Ledger, now: number): Ledger => ({
  ...ledger,
  notifications: ledger.notifications.filter(({ expires_at }) => Date.parse(expires_at) > now),
});

/** Marks only rise: a response that a newer one overtook is ignored. */
export function withStanding(ledger: Ledger, standing: LedgerStanding): Ledger {
  const { acknowledged_seq, read_seq } = ledger.standing;
  const isOvertaken = standing.acknowledged_seq < acknowledged_seq || standing.read_seq < read_seq;
  return isOvertaken ? ledger : { ...ledger, standing };
}

/** Whether the notification still requires acknowledgement by the user. */
const isPending = ({ standing }: Ledger, { seq, requires_ack }: Notification): boolean =>
  requires_ack && seq > standing.acknowledged_seq;

/** How far everything may be acknowledged automatically: up to the first that requires the user's acknowledgement. */
export function settledUpTo(ledger: Ledger): number {
  const pending = ledger.notifications.filter((each) => isPending(ledger, each)).map(({ seq }) => seq);
  return Math.min(ledger.taken, ...pending.map((seq) => seq - 1));
}
