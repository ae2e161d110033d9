import type { Dice } from "../dice.ts";

/** Changes one position of a JSON text; `words` are texts that mean something to the server. */
type JsonMutator = (text: string, dice: Dice, words: readonly string[]) => string;

/** Names that objects have without being given them. */
const inheritedNames = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "toJSON",
  "length",
];

/** Texts at, below and above the bounds of the contract: of names, pages, reasons, tokens, handshakes and events. */
const bounds = [64, 128, 256, 500, 512, 8192, 16_384, 65_536];

const depths = [8, 63, 64, 65, 1000, 30_000];

/** As texts, so that no serialiser has an opinion on them. */
const values = [
  ...["null", "true", "false", "0", "-1", "-0", "1.5", "1e309", "9007199254740993", "1e-7", "NaN", "undefined"],
  ...['""', '" "', '"\\u0000"', '"\\ud800"', '"../../etc"', '"%00"', '"a,b"', '"user:*"', '"💥"', '"\\n\\r"'],
  ...[
    "{}",
    "[]",
    "[null]",
    '{"":0}',
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ],
  ...['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":-1}', '{"_placeholder":true,"num":"length"}'],
  ...['{"toString":1,"valueOf":1}', '{"then":1}', '{"length":1e9}', "[[[[]]]]"],
];

/** Texts, which are keys where a colon follows, and all other values that hold no further ones. */
const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?|true|false|null|\{\}|\[\]/g;

const isKey = ([, , colon]: RegExpExecArray): boolean => colon !== undefined;
const isValue = (token: RegExpExecArray): boolean => !isKey(token);
const isText = (token: RegExpExecArray): boolean => isValue(token) && token[1] !== undefined;

/** Leaves a text alone in which there is nothing of the kind. */
function replaceOne(
  text: string,
  dice: Dice,
  matches: (token: RegExpExecArray) => boolean,
  replace: (found: string) => string,
  pattern = tokens,
): string {
  const found = [...text.matchAll(pattern)].filter(matches);
  if (found.length === 0) return text;
  const { 0: whole, 1: quoted, index } = dice.pick(found);
  // A key is replaced without its colon.
  const old = quoted ?? whole;
  return text.slice(0, index) + replace(old) + text.slice(index + old.length);
}

const nested = (depth: number, dice: Dice): string =>
  dice.chance(0.5) ? `${"[".repeat(depth)}${"]".repeat(depth)}` : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

export const jsonMutators: Readonly<Record<string, JsonMutator>> = {
  json_value: (text, dice) => replaceOne(text, dice, isValue, () => dice.pick(values)),
  json_word: (text, dice, words) => replaceOne(text, dice, isText, () => JSON.stringify(dice.pick(words))),
  json_nest: (text, dice) => replaceOne(text, dice, isValue, () => nested(dice.pick(depths), dice)),
  json_rename: (text, dice) => replaceOne(text, dice, isKey, () => JSON.stringify(dice.pick(inheritedNames))),
  json_grow: (text, dice) =>
    // Around the bound of the text itself, and of the whole that it is part of.
    replaceOne(text, dice, isText, (found) => {
      const rest = dice.chance(0.5) ? text.length - found.length : 0;
      const length = Math.max(0, dice.pick(bounds) - rest + dice.below(3) - 1);
      return `"${(dice.chance(0.8) ? "x" : "é").repeat(length)}"`;
    }),
  json_add(text, dice) {
    const added = `${JSON.stringify(dice.pick(inheritedNames))}:${dice.pick(values)}`;
    return replaceOne(
      text,
      dice,
      () => true,
      (found) => (found === "{}" ? `{${added}}` : `{${added},`),
      /\{\}?/g,
    );
  },
  json_repeat: (text, dice) =>
    replaceOne(
      text,
      dice,
      () => true,
      (pair) => `${pair},${pair}`,
      /"(?:[^"\\]|\\.)*":(?:"[^"]*"|\d+)/g,
    ),
  json_argument: (text, dice) => text.replace(/\]$/, () => `,${dice.pick(values)}]`),
};
