import type { NotificationState } from "@signalbox/protocol";

/** Notifications of one user that are kept; beyond it the oldest are forgotten. */
export const maxPerUser = 1000;

/** How far a user's notifications have come. Everything up to each mark is in that state or a later one. */
export interface Marks {
  delivered_seq: number;
  acknowledged_seq: number;
  read_seq: number;
}

/** How far the notice with a `seq` has come; one without is in no ledger yet. */
export function stateOf(marks: Marks, seq: number | undefined): NotificationState {
  if (seq === undefined || seq > marks.delivered_seq) return "stored";
  if (seq <= marks.read_seq) return "read";
  return seq <= marks.acknowledged_seq ? "acknowledged" : "delivered";
}

/** The marks after moving to a state: none ever falls, and what is read is acknowledged and delivered too. */
export function advanced(marks: Marks, state: Exclude<NotificationState, "stored">, seq: number): Marks {
  const { delivered_seq, acknowledged_seq, read_seq } = marks;
  return {
    delivered_seq: Math.max(delivered_seq, seq),
    acknowledged_seq: state === "delivered" ? acknowledged_seq : Math.max(acknowledged_seq, seq),
    read_seq: state === "read" ? Math.max(read_seq, seq) : read_seq,
  };
}
