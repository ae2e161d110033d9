import type { SecurityEventType } from "@signalbox/protocol";
import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/ports.ts";
import type { Block } from "./block.ts";
import { isGuestSubject } from "./subject.ts";

/**
 * The weight of each offence. Ordinary refusals weigh nothing or little: otherwise an honest client with a bug, an old
 * tab or too many tabs would be blocked. A client that sends fifty undeclared events twice a minute stays below the
 * limit.
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

/** Weight within `windowMs` above which a subject is blocked. */
const limit = 1200;
const windowMs = 600_000;

/** Durations of a user's first block, the second, and so on. All further blocks have the last duration. */
const userLengthsMs: readonly number[] = [60_000, 300_000, 900_000, 3_600_000];

/**
 * Guests of one address may be many people, of whom only one offends. To limit the harm to the others, the blocks of an
 * address do not become longer, and after each one the address cannot be blocked again for as long as the block lasted.
 */
const guestLengthsMs: readonly number[] = [60_000];

/** After this time without a block, the next block counts as the first again. */
const forgivenMs = 3_600_000;

/** The wall clock and the monotonic clock drift apart slightly. A smaller shift does not count as a clock change. */
const leastShiftMs = 1000;

/** Maximum number of subjects that are tracked at a time. The oldest are dropped. */
const maxPlaces = 10_000;

/** Blocks subjects temporarily for repeated offences. */
export interface AutomaticBlocks {
  /** Adds the weight of an offence. Returns the block that it caused, if any. */
  offend(place: string, type: SecurityEventType): Block | undefined;
  /** The block of a subject that is in force. */
  of(place: string): Block | undefined;
  /** All blocks in force. */
  list(): Block[];
  /** Adopts a block from another node. */
  learn(block: Block): void;
  /** Ends a block, and deletes the offences that caused it. False when there was none. */
  lift(place: string): boolean;
}

/** A block with its end on the monotonic clock: the wall clock may be set during the block. */
interface Measured {
  readonly block: Block;
  /** Monotonic milliseconds. */
  readonly endsAt: number;
  /** Difference between the two clocks when this node received the block. */
  readonly wallOffset: number;
}

interface Offences {
  /** Monotonic milliseconds. */
  readonly since: number;
  weight: number;
}

/**
 * Repeated offences of one subject lead to a block. A subject is a user, or the guests of one address. Each following
 * block of a user is longer. Offences of a signed-in user count for that user only, so no user can get others behind
 * the same address blocked (docs/decisions/0011).
 */
export function createAutomaticBlocks(clock: Pick<Clock, "now" | "monotonic">): AutomaticBlocks {
  const offences = createBoundedMap<string, Offences>(maxPlaces);
  /** Contains ended blocks too, as long as they make the next one longer. */
  const blocks = createBoundedMap<string, Measured>(maxPlaces);

  const wallOffset = (): number => clock.now() - clock.monotonic();

  /** Converts the times to the current wall clock: after a clock change of an hour they would be an hour wrong. */
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
    // Re-inserted, so that it is not among the oldest.
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
