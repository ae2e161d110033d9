import type { ConnectionState, TransitionCode } from "../connection-state.ts";

/** How many of the last codes are kept. */
const kept = 10;

/** A code and the time of its transition. */
export interface HistoryEntry {
  readonly code: TransitionCode;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Returns the last codes, newest at the end, after one more state; returns the same list if the state adds nothing new.
 */
export function addToHistory(
  history: readonly HistoryEntry[],
  state: ConnectionState,
  now: number,
): readonly HistoryEntry[] {
  return [...history, { code: state.code, at: now }].slice(-kept);
}
