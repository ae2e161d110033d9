import { parseArgs } from "node:util";
import { blockSize, type Kind, kinds } from "./cases/case.ts";

export interface Options {
  readonly seed: number;
  readonly from: number;
  /** The first case that is not sent. */
  readonly to: number;
  readonly only: readonly Kind[];
  /** The one case that is looked at: those of its block before it are sent as well, since it meets what they left. */
  readonly single: number | undefined;
  readonly lanes: number;
  /** Whether the report is written to docs/reliability. */
  readonly write: boolean;
}

const defaults = { seed: 1, cases: 100_000, lanes: 16 } as const;

export const usage = `npm run fuzz -- [--seed N] [--cases ${defaults.cases}] [--from K] [--case K] [--only http,packets,frames]
                [--lanes ${defaults.lanes}] [--write]`;

/** @throws TypeError for what is no option, or has no such value */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ seed: { type: "string" }, cases: { type: "string" }, from: { type: "string" }, case: { type: "string" } },
      ...{ only: { type: "string" }, lanes: { type: "string" }, write: { type: "boolean" } },
    },
  });
  const single = values.case === undefined ? undefined : wholeNumber("case", values.case);
  const first = wholeNumber("from", values.from, 0);
  const from = single === undefined ? first : Math.floor(single / blockSize) * blockSize;
  return {
    ...{ single, from, write: values.write ?? false },
    seed: wholeNumber("seed", values.seed, defaults.seed),
    to: single === undefined ? first + wholeNumber("cases", values.cases, defaults.cases) : single + 1,
    only: values.only?.split(",").map(kindNamed) ?? kinds,
    lanes: single === undefined ? Math.max(1, wholeNumber("lanes", values.lanes, defaults.lanes)) : 1,
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise?: number): number {
  if (text === undefined && otherwise !== undefined) return otherwise;
  const number = Number(text);
  if (text === "" || !Number.isSafeInteger(number) || number < 0) {
    throw new TypeError(`--${name} takes a whole number, not "${text}".`);
  }
  return number;
}

function kindNamed(text: string): Kind {
  const kind = kinds.find((each) => each === text);
  if (kind === undefined) throw new TypeError(`There is no kind of case "${text}": ${kinds.join(", ")}.`);
  return kind;
}
