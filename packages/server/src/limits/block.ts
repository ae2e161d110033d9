import type { BlockRow, SecurityEventType } from "@signalbox/protocol";
import { Refusal } from "../core/refusal.ts";
import { subjectOfKey } from "./subject.ts";

/** Longest wait that a client is told: a block may be lifted before its end, and timers of browsers end at 25 days. */
const longestWaitMs = 3_600_000;

/** A user, or the guests of an address, kept out for a time. Times are milliseconds since the epoch. */
export interface Block {
  /** Whom limits count for: a user, or the guests of an address. */
  readonly place: string;
  readonly since: number;
  readonly until: number;
  /** The offence that brought it. */
  readonly type: SecurityEventType;
  /** How many blocks there have been in a row. */
  readonly times: number;
  /** The administrator who imposed it, and why, in their words. */
  readonly by?: string;
  readonly note?: string;
}

/** The refusal that a blocked client receives. */
export const blockRefusal = ({ type, until, by }: Block, now: number): Refusal => {
  const why = by === undefined ? `for repeated offences, the last of them ${type}` : "by an administrator";
  const hint = `Blocked until ${new Date(until).toISOString()} ${why}; an administrator may lift it.`;
  return new Refusal("blocked", { retryAfterMs: Math.min(Math.max(1, until - now), longestWaitMs), hint });
};

/** The block as administrators see it. */
export const blockRow = ({ place, since, until, type, times, by, note }: Block): BlockRow => ({
  ...subjectOfKey(place),
  reason: type,
  since: new Date(since).toISOString(),
  until: new Date(until).toISOString(),
  times,
  ...(by !== undefined && { by }),
  ...(note !== undefined && { note }),
});
