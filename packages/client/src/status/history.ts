import type { ConnectionState, TransitionCode } from "../connection-state.ts";

/** How many of the last codes are kept. */
const kept = 10;

/** A code, and when it came. */
export interface HistoryEntry {
  readonly code: TransitionCode;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The last codes with the newest at the end, after one more state; the same list if it brings nothing new. */
export function addToHistory(
  history: readonly HistoryEntry[],
  state: ConnectionState,
  now: number,
): readonly HistoryEntry[] {
  return [...history, { code: state.code, at: now }].slice(-kept);
}
