import type { BlockRow, SecurityEventType } from "@signalbox/protocol";
import { Refusal } from "../core/refusal.ts";
import { subjectOfKey } from "./subject.ts";

/** Longest retry delay sent to clients. A block may be lifted early, and browser timers are limited to 25 days. */
const longestWaitMs = 3_600_000;

/** A temporary block of a user, or of the guests of an address. Times are milliseconds since the epoch. */
export interface Block {
  /** The blocked subject: a user, or the guests of an address. */
  readonly place: string;
  readonly since: number;
  readonly until: number;
  /** The offence that caused it. */
  readonly type: SecurityEventType;
  /** Number of consecutive blocks, including this one. */
  readonly times: number;
  /** The administrator who imposed the block; `note` is the reason, in the administrator's words. */
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
