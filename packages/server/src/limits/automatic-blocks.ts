import type { SecurityEventType } from "@signalbox/protocol";
import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/ports.ts";
import type { Block } from "./block.ts";
import { isGuestSubject } from "./subject.ts";

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

/** The two clocks drift apart a little by themselves: less than this is no change of the time of day. */
const leastShiftMs = 1000;

/** Places that are told apart at a time; the oldest are forgotten. */
const maxPlaces = 10_000;

/** Keeps out, for a time, whoever goes on offending. */
export interface AutomaticBlocks {
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

/** A block with its times as they were measured: the clock may be set while it lasts. */
interface Measured {
  readonly block: Block;
  /** Monotonic milliseconds. */
  readonly endsAt: number;
  /** Between the two clocks, when the block was learnt of. */
  readonly wallOffset: number;
}

interface Offences {
  /** Monotonic milliseconds. */
  readonly since: number;
  weight: number;
}

/**
 * Repeated offences of one place lead to a block, which grows with each that follows. A place is a user, or the guests
 * of one address: whoever is signed in answers for themselves, so nobody can have those behind the same address blocked
 * (docs/decisions/0011).
 */
export function createAutomaticBlocks(clock: Pick<Clock, "now" | "monotonic">): AutomaticBlocks {
  const offences = createBoundedMap<string, Offences>(maxPlaces);
  /** Also those that are over, for as long as they make the next one longer. */
  const blocks = createBoundedMap<string, Measured>(maxPlaces);

  const wallOffset = (): number => clock.now() - clock.monotonic();

  /** In the time of day as it is now: what was told of the end would otherwise be an hour wrong. */
  function inForce({ block, ...measured }: Measured): Block {
    const shift = Math.round(wallOffset() - measured.wallOffset);
    if (Math.abs(shift) < leastShiftMs) return block;
    return { ...block, since: block.since + shift, until: block.until + shift };
  }

  function of(place: string): Block | undefined {
    const last = blocks.get(place);
    return last !== undefined && clock.monotonic() < last.endsAt ? inForce(last) : undefined;
  }

  function keep(block: Block): Block {
    const leftMs = Math.min(block.until - clock.now(), block.until - block.since);
    offences.delete(block.place);
    // Anew, so that it is not among the oldest.
    blocks.delete(block.place);
    blocks.set(block.place, { block, endsAt: clock.monotonic() + leftMs, wallOffset: wallOffset() });
    return block;
  }

  function isLeftAlone(place: string): boolean {
    const last = isGuestSubject(place) ? blocks.get(place) : undefined;
    if (last === undefined) return false;
    const overMs = clock.monotonic() - last.endsAt;
    return overMs >= 0 && overMs < last.block.until - last.block.since;
  }

  function block(place: string, type: SecurityEventType): Block {
    const now = clock.now();
    const last = blocks.get(place);
    const times = last !== undefined && clock.monotonic() - last.endsAt < forgivenMs ? last.block.times + 1 : 1;
    const lengthsMs = isGuestSubject(place) ? guestLengthsMs : userLengthsMs;
    const lengthMs = lengthsMs[Math.min(times, lengthsMs.length) - 1] as number;
    return keep({ place, since: now, until: now + lengthMs, type, times });
  }

  return {
    offend(place, type) {
      const weight = weights[type];
      if (weight === undefined || of(place) !== undefined || isLeftAlone(place)) return undefined;
      const now = clock.monotonic();
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
    learn: (block) => void keep(block),
    lift(place) {
      const was = of(place) !== undefined;
      blocks.delete(place);
      offences.delete(place);
      return was;
    },
  };
}
