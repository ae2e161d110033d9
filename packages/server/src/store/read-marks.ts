import type { NotificationState } from "@signalbox/protocol";

/** Maximum number of stored notifications of one user. Beyond it the oldest are deleted. */
export const maxPerUser = 1000;

/** The states of a user's notifications. All notifications up to a mark are in its state or a later one. */
export interface Marks {
  delivered_seq: number;
  acknowledged_seq: number;
  read_seq: number;
}

/** The state of the notice with a `seq`; a notice without one is in no ledger yet. */
export function stateOf(marks: Marks, seq: number | undefined): NotificationState {
  if (seq === undefined || seq > marks.delivered_seq) return "stored";
  if (seq <= marks.read_seq) return "read";
  return seq <= marks.acknowledged_seq ? "acknowledged" : "delivered";
}

/** The marks after moving to a state. No mark ever decreases, and a read notice is also acknowledged and delivered. */
export function advanced(marks: Marks, state: Exclude<NotificationState, "stored">, seq: number): Marks {
  const { delivered_seq, acknowledged_seq, read_seq } = marks;
  return {
    delivered_seq: Math.max(delivered_seq, seq),
    acknowledged_seq: state === "delivered" ? acknowledged_seq : Math.max(acknowledged_seq, seq),
    read_seq: state === "read" ? Math.max(read_seq, seq) : read_seq,
  };
}
