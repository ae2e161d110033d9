import { parseArgs } from "node:util";
import { type WorkloadName, workloadNames } from "./report/results.ts";

export interface Options {
  /** Shorter and fewer: to see a direction, not to judge. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly only: readonly WorkloadName[];
  /** Names of peers; all when undefined. */
  readonly peers: readonly string[] | undefined;
  /** File for the results. */
  readonly json: string | undefined;
  /** Whether a missed goal makes the program exit with 1. */
  readonly assert: boolean;
  /** Where Node servers write CPU profiles. */
  readonly profile: string | undefined;
  /** Whether the page, its tables and plots are written from the results. */
  readonly write: boolean;
}

const rounds = { full: 5, quick: 2 } as const;

export const usage = `npm run bench -- [--quick] [--only W1,W3] [--peers signalbox,bare] [--rounds N]
                 [--json FILE] [--write] [--assert] [--profile DIR]`;

/** @throws TypeError for what is no option, or has no such value */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ quick: { type: "boolean" }, assert: { type: "boolean" }, write: { type: "boolean" } },
      ...{ only: { type: "string" }, peers: { type: "string" }, rounds: { type: "string" } },
      ...{ json: { type: "string" }, profile: { type: "string" } },
    },
  });
  const quick = values.quick ?? false;
  return {
    ...{ quick, assert: values.assert ?? false, write: values.write ?? false },
    ...{ json: values.json, profile: values.profile, peers: values.peers?.split(",") },
    only: values.only === undefined ? workloadNames : values.only.split(",").map(workloadNamed),
    rounds: values.rounds === undefined ? rounds[quick ? "quick" : "full"] : roundsIn(values.rounds),
  };
}

function workloadNamed(text: string): WorkloadName {
  const name = workloadNames.find((each) => each === text.toUpperCase());
  if (name === undefined) throw new TypeError(`There is no workload "${text}": ${workloadNames.join(", ")}.`);
  return name;
}

function roundsIn(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError(`--rounds takes a whole number, not "${text}".`);
  return rounds;
}
