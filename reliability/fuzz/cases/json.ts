import type { Dice } from "../dice.ts";

/** Changes one place of a JSON text; `words` are texts that mean something to the server. */
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

const anyValue = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null|\{\}|\[\]/g;
const anyText = /"(?:[^"\\]|\\.)*"(?!\s*:)/g;
const anyKey = /"((?:[^"\\]|\\.)*)"(?=\s*:)/g;

function replaceOne(text: string, pattern: RegExp, dice: Dice, replace: (found: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text + replace("");
  const chosen = dice.pick(found);
  return text.slice(0, chosen.index) + replace(chosen[0]) + text.slice(chosen.index + chosen[0].length);
}

const nested = (depth: number, dice: Dice): string =>
  dice.chance(0.5) ? `${"[".repeat(depth)}${"]".repeat(depth)}` : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

export const jsonMutators: Readonly<Record<string, JsonMutator>> = {
  json_value: (text, dice) => replaceOne(text, anyValue, dice, () => dice.pick(values)),
  json_word: (text, dice, words) => replaceOne(text, anyText, dice, () => JSON.stringify(dice.pick(words))),
  json_nest: (text, dice) => replaceOne(text, anyValue, dice, () => nested(dice.pick(depths), dice)),
  json_rename: (text, dice) => replaceOne(text, anyKey, dice, () => JSON.stringify(dice.pick(inheritedNames))),
  json_grow: (text, dice) =>
    // Around the bound of the text itself, and of the whole that it is part of.
    replaceOne(text, anyText, dice, (found) => {
      const rest = dice.chance(0.5) ? text.length - found.length : 0;
      const length = Math.max(0, dice.pick(bounds) - rest + dice.below(3) - 1);
      return `"${(dice.chance(0.8) ? "x" : "é").repeat(length)}"`;
    }),
  json_add: (text, dice) =>
    replaceOne(text, /\{/g, dice, () => `{${JSON.stringify(dice.pick(inheritedNames))}:${dice.pick(values)},`),
  json_repeat: (text, dice) =>
    replaceOne(text, /"(?:[^"\\]|\\.)*":(?:"[^"]*"|\d+)/g, dice, (pair) => `${pair},${pair}`),
  json_argument: (text, dice) => text.replace(/\]$/, () => `,${dice.pick(values)}]`),
};
