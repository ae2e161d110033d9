import type { SecurityEventType } from "@signalbox/protocol";
import type { Clock } from "../ports.ts";
import { Refusal } from "../refusal.ts";
import { createBoundedMap } from "./bounded-map.ts";
import { isGuestPlace } from "./place.ts";

/**
 * What an offence weighs. Everyday refusals weigh nothing or little, or an honest client with a bug, an old tab or too
 * many tabs would be blocked for it: one that sends fifty events that are not declared twice a minute stays below.
 */
const weights: Partial<Record<SecurityEventType, number>> = {
  csrf_failed: 40,
  admin_denied: 40,
  origin_refused: 10,
  auth_failed: 10,
  room_denied: 10,
  payload_invalid: 1,
  payload_too_large: 1,
  event_unknown: 1,
  rate_limited: 1,
};

/** Weight within `windowMs` above which somebody is blocked. */
const limit = 1200;
const windowMs = 600_000;

/** How long a user's first block lasts, the second, and so on; the last is the longest there is. */
const userLengthsMs: readonly number[] = [60_000, 300_000, 900_000, 3_600_000];

/**
 * Guests of one address may be many people, of whom one offends. What that one can do to the others does not grow, and is
 * capped: after a block the address is left alone for as long as it lasted.
 */
const guestLengthsMs: readonly number[] = [60_000];

/** After so long without a block the next one is a first one again. */
const forgivenMs = 3_600_000;

/** Places that are told apart at a time; the oldest are forgotten. */
const maxPlaces = 10_000;

/** Somebody who is kept out for a while. Times are milliseconds since the epoch. */
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

/** Keeps out, for a time, whoever goes on offending. */
export interface Blocks {
  /** Weighs an offence. Returns the block that it brought, if it did. */
  offend(place: string, type: SecurityEventType): Block | undefined;
  /** The block that is in force. */
  of(place: string): Block | undefined;
  /** Those in force. */
  list(): Block[];
  /** Another node has blocked somebody. */
  learn(block: Block): void;
  /** Ends a block, and forgets what brought it. False when there was none. */
  lift(place: string): boolean;
}

interface Offences {
  readonly since: number;
  weight: number;
}

/**
 * Repeated offences of one place lead to a block, which grows with each that follows. A place is a user, or the guests
 * of one address: whoever is signed in answers for themselves, so nobody can have those behind the same address blocked
 * (docs/decisions/0011).
 */
export function createBlocks(clock: Pick<Clock, "now">): Blocks {
  const offences = createBoundedMap<string, Offences>(maxPlaces);
  /** Also those that are over, for as long as they make the next one longer. */
  const blocks = createBoundedMap<string, Block>(maxPlaces);

  function of(place: string): Block | undefined {
    const block = blocks.get(place);
    const now = clock.now();
    // A clock that was set back must not keep anybody out for longer than was said.
    return block !== undefined && block.since <= now && now < block.until ? block : undefined;
  }

  function isLeftAlone(place: string): boolean {
    const last = isGuestPlace(place) ? blocks.get(place) : undefined;
    const now = clock.now();
    return last !== undefined && last.until <= now && now < last.until + (last.until - last.since);
  }

  function block(place: string, type: SecurityEventType): Block {
    const now = clock.now();
    const last = blocks.get(place);
    const times = last !== undefined && now - last.until < forgivenMs ? last.times + 1 : 1;
    const lengthsMs = isGuestPlace(place) ? guestLengthsMs : userLengthsMs;
    const lengthMs = lengthsMs[Math.min(times, lengthsMs.length) - 1] as number;
    const begun = { place, since: now, until: now + lengthMs, type, times };
    offences.delete(place);
    // Anew, so that it is not among the oldest.
    blocks.delete(place);
    blocks.set(place, begun);
    return begun;
  }

  return {
    offend(place, type) {
      const weight = weights[type];
      if (weight === undefined || of(place) !== undefined || isLeftAlone(place)) return undefined;
      const now = clock.now();
      const known = offences.get(place);
      const current = known !== undefined && now - known.since < windowMs ? known : { since: now, weight: 0 };
      current.weight += weight;
      if (current.weight > limit) return block(place, type);
      if (current !== known) {
        offences.delete(place);
        offences.set(place, current);
      }
      return undefined;
    },
    of,
    list: () => [...blocks.keys()].map(of).filter((block) => block !== undefined),
    learn(block) {
      offences.delete(block.place);
      blocks.delete(block.place);
      blocks.set(block.place, block);
    },
    lift(place) {
      const was = of(place) !== undefined;
      blocks.delete(place);
      offences.delete(place);
      return was;
    },
  };
}

/** Of a longer block clients ask again before it is over: it may have been lifted, and their timers end at 25 days. */
const longestWaitMs = 3_600_000;

/** What somebody who is blocked is told. */
export const blockRefusal = ({ type, until, by }: Block, now: number): Refusal => {
  const why = by === undefined ? `for repeated offences, the last of them ${type}` : "by an administrator";
  const hint = `Blocked until ${new Date(until).toISOString()} ${why}; an administrator may lift it.`;
  return new Refusal("blocked", { retryAfterMs: Math.min(Math.max(1, until - now), longestWaitMs), hint });
};
