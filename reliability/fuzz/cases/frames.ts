/** WebSocket frames at the level of bytes (RFC 6455 section 5.2), and changes to them. */
import type { Identity } from "../bait.ts";
import type { Dice } from "../dice.ts";
import { mutateBytes } from "./bytes.ts";
import { type Message, mutatePackets, samplePacket } from "./packets.ts";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface Frame {
  readonly final: boolean;
  readonly reserved: number;
  readonly opcode: number;
  /** Null for an unmasked one, which no client may send. */
  readonly mask: Buffer | null;
  /** What the payload is masked with, where that is another mask than the one that is sent. */
  readonly otherMask?: Buffer;
  /** Bits for the length; the shortest that will do unless it lies. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length that is claimed, where that is not the payload's. */
  readonly claimed?: bigint;
  readonly payload: Buffer;
}

const bytesOf = (dice: Dice, length: number): Buffer => Buffer.from(Array.from({ length }, () => dice.below(256)));

/** A valid frame as a client sends it. */
const frame = (opcode: number, payload: Buffer, dice: Dice, final = true): Frame => ({
  ...{ final, reserved: 0, opcode, payload },
  mask: bytesOf(dice, 4),
});

const shortestBits = (length: bigint): 7 | 16 | 64 => (length < 126n ? 7 : length < 65_536n ? 16 : 64);

function encodeFrame({ final, reserved, opcode, mask, otherMask, lengthBits, claimed, payload }: Frame): Buffer {
  const length = claimed ?? BigInt(payload.length);
  const bits = lengthBits ?? shortestBits(length);
  const head = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (mask === null ? 0 : 0x80) | (bits === 7 ? Number(length & 0x7fn) : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(length & 0xffffn), 2);
  if (bits === 64) head.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  const key = otherMask ?? mask;
  const masked = key === null ? payload : payload.map((byte, index) => byte ^ (key[index % 4] as number));
  return Buffer.concat([head, mask ?? Buffer.alloc(0), masked]);
}

/** A whole message in one frame, with a mask of zeros: what is said between the cases. */
export const plainFrame = ({ binary, payload }: Message): Buffer =>
  encodeFrame({
    final: true,
    reserved: 0,
    opcode: binary ? opcodes.binary : opcodes.text,
    mask: Buffer.alloc(4),
    payload,
  });

/** A message in one frame, or in several with a ping in between. */
function framesOf({ binary, payload }: Message, dice: Dice): Frame[] {
  const opcode = binary ? opcodes.binary : opcodes.text;
  if (payload.length < 2 || dice.chance(0.7)) return [frame(opcode, payload, dice)];
  const at = 1 + dice.below(payload.length - 1);
  const parts = [frame(opcode, payload.subarray(0, at), dice, false), frame(0, payload.subarray(at), dice)];
  return dice.chance(0.5) ? parts : parts.toSpliced(1, 0, frame(opcodes.ping, Buffer.from("between"), dice));
}

const closeCodes = [
  1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 0, 999, 2999, 3000,
  4999, 5000, 65_535,
];

function closeFrame(dice: Dice): Frame {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(dice.pick(closeCodes));
  const reason = dice.pick([Buffer.alloc(0), Buffer.from("bye"), Buffer.from([0xff]), Buffer.alloc(122, "r")]);
  return frame(opcodes.close, dice.pick([Buffer.alloc(0), Buffer.alloc(1), code, Buffer.concat([code, reason])]), dice);
}

type FrameMutator = (frames: readonly Frame[], at: number, dice: Dice) => readonly Frame[];

const change =
  (changed: (frame: Frame, dice: Dice) => Partial<Frame>): FrameMutator =>
  (frames, at, dice) =>
    frames.with(at, { ...(frames[at] as Frame), ...changed(frames[at] as Frame, dice) });

const frameMutators: Readonly<Record<string, FrameMutator>> = {
  frame_opcode: change((_, dice) => ({ opcode: dice.below(16) })),
  frame_final: change(({ final }) => ({ final: !final })),
  frame_reserved: change((_, dice) => ({ reserved: 1 + dice.below(7) })),
  frame_unmasked: change(() => ({ mask: null })),
  frame_wrong_mask: change((_, dice) => ({ otherMask: bytesOf(dice, 4) })),
  frame_length_form: change((_, dice) => ({ lengthBits: dice.pick([7, 16, 64] as const) })),
  frame_length_lies: change(({ payload }, dice) => ({
    claimed: dice.pick([
      0n,
      1n,
      125n,
      126n,
      65_535n,
      65_536n,
      1_000_000n,
      1_000_001n,
      2n ** 31n,
      2n ** 53n,
      2n ** 64n - 1n,
      BigInt(payload.length + 1),
    ]),
  })),
  frame_grow: change((_, dice) => ({
    payload: Buffer.alloc(dice.pick([125, 126, 65_535, 65_536, 65_537, 999_999, 1_000_000, 1_000_001]), "4"),
  })),
  frame_payload: change(({ payload }, dice) => ({ payload: mutateBytes(payload, dice, Buffer.from("2probe")).bytes })),
  /** A flood of small ones, or a few large ones: hundreds of megabytes would be a test of this machine. */
  frame_repeat(frames, at, dice) {
    const repeated = frames[at] as Frame;
    const times = Math.min(dice.pick([1, 3, 200]), Math.ceil(100_000 / (repeated.payload.length + 1)));
    return frames.toSpliced(at, 0, ...Array<Frame>(times).fill(repeated));
  },
  frame_remove: (frames, at) => frames.toSpliced(at, 1),
  frame_reverse: (frames) => frames.toReversed(),
  frame_close: (frames, at, dice) => frames.toSpliced(at, 0, closeFrame(dice)),
  frame_control: (frames, at, dice) =>
    frames.toSpliced(
      at,
      0,
      frame(dice.pick([opcodes.ping, opcodes.pong]), Buffer.alloc(dice.pick([0, 1, 125, 126, 300])), dice),
    ),
  frame_fragments: (frames, at, dice) =>
    frames.toSpliced(
      at,
      0,
      frame(dice.pick([0, 1, 2]), Buffer.from("4"), dice, false),
      ...Array<Frame>(dice.pick([1, 50, 3000])).fill(frame(0, Buffer.alloc(0), dice, false)),
    ),
};

interface Mutated {
  readonly sample: string;
  readonly mutators: readonly string[];
  readonly meant: string;
  readonly bytes: Buffer;
}

/** One or more messages as frames, with one to three changes. */
export function mutateFrames(who: Identity, dice: Dice): Mutated {
  const said = dice.chance(0.8) ? validMessages(who, dice) : mutatePackets(who, dice);
  const mutators = [...said.mutators];
  let frames: readonly Frame[] = said.messages.flatMap((message) => framesOf(message, dice));
  for (let count = dice.pick([1, 1, 2, 3]); count > 0; count -= 1) {
    if (frames.length === 0) break;
    const [mutator, mutate] = dice.pick(Object.entries(frameMutators));
    mutators.push(mutator);
    frames = mutate(frames, dice.below(frames.length), dice);
  }
  const bytes = Buffer.concat(frames.map(encodeFrame));
  const { sample } = said;
  // Every message counts as meant: what a client said cannot be read behind a changed mask.
  const meant = [said.meant, ...said.messages.map(({ payload }) => payload.toString("latin1", 0, 10_000))].join("\n");
  if (dice.chance(0.8)) return { sample, meant, mutators, bytes };
  const mutated = mutateBytes(bytes, dice, encodeFrame(closeFrame(dice)));
  return { sample, meant, mutators: [...mutators, mutated.name], bytes: mutated.bytes };
}

function validMessages(who: Identity, dice: Dice) {
  const { name: sample, packet } = samplePacket(who, dice);
  const meant = `${packet.engine}${packet.type}${packet.namespace}${packet.id}${packet.json}`;
  return { sample, meant, mutators: [], messages: [{ binary: false, payload: Buffer.from(meant) }] };
}
