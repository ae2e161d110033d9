import type { Dice } from "../dice.ts";

/** Changes bytes; `other` is another valid sample, for those that join two. */
type ByteMutator = (bytes: Buffer, dice: Dice, other: Buffer) => Buffer;

const put = (bytes: Buffer, at: number, inserted: Buffer, instead = 0): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + instead)]);

const place = (bytes: Buffer, dice: Dice): number => dice.below(bytes.length + 1);

const control = ["\0", "\r", "\n", "\r\n", "\t", "\x1b[31m", "\x7f", "\x1e", "\u2028", "\ufeff", "\u202e"];

/** Cut off, too long for what they say, surrogates, beyond Unicode (RFC 3629 section 3). */
const invalidUtf8 = ["80", "c0af", "e28", "eda080", "f5808080", "f8888080", "ff", "c3"];

/** Where readers of numbers differ. */
export const boundaries = [
  ...["-1", "-0", "0", "1", "9", "10", "125", "126", "127", "255", "256", "65535", "65536", "1e309", "NaN", "0x10"],
  ...["2147483647", "2147483648", "4294967296", "9007199254740991", "9007199254740993", "1e21", "0.1", "-1e-7", "00"],
  ...["18446744073709551616", "99999999999999999999999999", "", "+1", "１"],
];

function replaceSome(bytes: Buffer, pattern: RegExp, dice: Dice, replace: (found: string) => string): Buffer {
  // Latin-1 keeps every byte as it is, there and back.
  const text = bytes.toString("latin1");
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return flipBit(bytes, dice);
  const chosen = dice.pick(found);
  return put(bytes, chosen.index, Buffer.from(replace(chosen[0])), chosen[0].length);
}

function flipBit(bytes: Buffer, dice: Dice): Buffer {
  if (bytes.length === 0) return Buffer.from([dice.below(256)]);
  const flipped = Buffer.from(bytes);
  const at = dice.below(bytes.length);
  flipped[at] = (flipped[at] as number) ^ (1 << dice.below(8));
  return flipped;
}

/** A stretch of at most 40 bytes. */
function stretch(bytes: Buffer, dice: Dice): { at: number; piece: Buffer } {
  const at = place(bytes, dice);
  return { at, piece: bytes.subarray(at, at + 1 + dice.below(40)) };
}

const byteMutators: Readonly<Record<string, ByteMutator>> = {
  flip_bit: flipBit,
  insert_bytes: (bytes, dice) =>
    put(bytes, place(bytes, dice), Buffer.from(Array.from({ length: 1 + dice.below(8) }, () => dice.below(256)))),
  delete_bytes(bytes, dice) {
    const { at, piece } = stretch(bytes, dice);
    return put(bytes, at, Buffer.alloc(0), piece.length);
  },
  repeat_bytes(bytes, dice) {
    const { at, piece } = stretch(bytes, dice);
    return put(bytes, at, Buffer.concat(Array.from({ length: dice.pick([1, 2, 17, 300]) }, () => piece)));
  },
  truncate: (bytes, dice) => bytes.subarray(0, place(bytes, dice)),
  splice: (bytes, dice, other) =>
    Buffer.concat([bytes.subarray(0, place(bytes, dice)), other.subarray(place(other, dice))]),
  change_number: (bytes, dice) => replaceSome(bytes, /\d+/g, dice, () => dice.pick(boundaries)),
  change_case: (bytes, dice) =>
    replaceSome(bytes, /[a-zA-Z]+/g, dice, (word) =>
      word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase(),
    ),
  control_character: (bytes, dice) => put(bytes, place(bytes, dice), Buffer.from(dice.pick(control))),
  invalid_utf8: (bytes, dice) => put(bytes, place(bytes, dice), Buffer.from(dice.pick(invalidUtf8), "hex")),
  empty: () => Buffer.alloc(0),
};

/** One of them, by its name and what it makes of the bytes. */
export function mutateBytes(bytes: Buffer, dice: Dice, other: Buffer): { name: string; bytes: Buffer } {
  const [name, mutate] = dice.pick(Object.entries(byteMutators));
  return { name, bytes: mutate(bytes, dice, other) };
}
