import { admins, attackers, byCookie, type Identity } from "../bait.ts";
import { createDice } from "../dice.ts";
import type { Limits } from "../target/target.ts";
import { mutateFrames } from "./frames.ts";
import { mutateHttp } from "./http.ts";
import { type Message, mutatePackets } from "./packets.ts";

export const kinds = ["http", "packets", "frames"] as const;
export type Kind = (typeof kinds)[number];

/**
 * Cases in a row that share a client, and its connection for as long as that holds: what one leaves behind, the next
 * finds. A case alone is repeated together with those of its block before it.
 */
export const blockSize = 20;

export interface Block {
  readonly seed: number;
  readonly number: number;
  readonly kind: Kind;
  readonly transport: "websocket" | "polling";
  readonly limits: Limits;
  readonly who: Identity;
  /** Whether it shows its session as a cookie. */
  readonly cookie: boolean;
  /** Names its connections: the first, the second, … */
  sid(connection: number): string;
}

/** What one case sends: whole messages, or bytes as they are. */
export interface Case {
  readonly number: number;
  readonly kind: Kind;
  readonly sample: string;
  readonly mutators: readonly string[];
  /** What was to be said before its bytes were changed: the intention that effects are explained by. */
  readonly meant: string;
  readonly messages: readonly Message[];
}

/** One block in twenty meets the limits that an application gets when it sets none. */
const blocksPerDefault = 20;

export function blockOf(seed: number, number: number): Block {
  const dice = createDice(seed, -number - 1);
  const kind = dice.pick([
    "http",
    "http",
    "http",
    "packets",
    "packets",
    "packets",
    "packets",
    "frames",
    "frames",
    "frames",
  ] as const);
  const transport = kind === "http" || (kind === "packets" && dice.chance(0.25)) ? "polling" : "websocket";
  const who = dice.chance(0.2) ? dice.pick(admins) : dice.pick(attackers);
  return {
    ...{ seed, number, kind, transport, who },
    limits: number % blocksPerDefault === blocksPerDefault - 1 ? "default" : "wide",
    cookie: who === byCookie,
    sid: (connection) => `fuzz-${seed}-${number}-${connection}`,
  };
}

/** The same seed and number, the same bytes. */
export function caseOf(seed: number, number: number): Case {
  const block = blockOf(seed, Math.floor(number / blockSize));
  const { kind, who } = block;
  const dice = createDice(seed, number);
  if (kind === "packets") return { number, kind, ...mutatePackets(who, dice) };
  const { bytes, ...about } = kind === "http" ? mutateHttp(who, block.sid(0), dice) : mutateFrames(who, dice);
  return { number, kind, ...about, messages: [{ binary: true, payload: bytes }] };
}
