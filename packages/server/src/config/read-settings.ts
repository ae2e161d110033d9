import { readFileSync } from "node:fs";
import { distance } from "fastest-levenshtein";
import { parseValue } from "./parse-value.ts";
import type { ConfigOf, Setting, SettingTable } from "./setting.ts";

/** What the environment says, whatever is wrong with it. */
export interface ReadSettings<Table extends SettingTable> {
  /** Complete: a setting with a bad value has its default. */
  readonly values: ConfigOf<Table>;
  /** Where each value comes from: the variable that set it, or `default`. */
  readonly sources: ReadonlyMap<keyof Table, string>;
  /** Bad values, one sentence each. */
  readonly problems: readonly string[];
  /** What is odd but harmless: unknown names, a setting given twice. */
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that are ours to judge: a misspelt one is never silently ignored. */
const ownNames = /^(SOCKETIO|SIGNALBOX|PROGRESS)_/;

/** Names further apart than this are not a slip of the finger. */
const maxDistance = 4;

/** Reads every setting of a table from an environment. Empty means unset, as in most shells and compose files. */
export function readSettings<Table extends SettingTable>(table: Table, environment: Environment): ReadSettings<Table> {
  const values: Record<string, unknown> = {};
  const sources = new Map<keyof Table, string>();
  const problems: string[] = [];
  const warnings: string[] = [];

  for (const [key, setting] of Object.entries(table)) {
    values[key] = setting.default;
    sources.set(key, "default");
    const given = find(setting, environment, warnings);
    if (given === undefined) continue;
    const text = given.file === undefined ? given.text : readFile(given.file);
    const parsed =
      text === undefined ? { reason: `names the file ${given.file}, which cannot be read` } : parseValue(setting, text);
    if ("value" in parsed) {
      values[key] = parsed.value;
      sources.set(key, given.name);
      continue;
    }
    const shown = setting.secret || text === undefined ? "" : ` is ${JSON.stringify(text.slice(0, 100))}, but`;
    problems.push(`${given.name}${shown} ${parsed.reason}.`);
  }

  warnings.push(...unknownNames(table, environment));
  return { values: values as ConfigOf<Table>, sources, problems, warnings };
}

interface Given {
  readonly name: string;
  readonly text?: string;
  readonly file?: string;
}

/** The first name that is set wins; a secret may also be given as a file, so that it is in no process listing. */
function find(setting: Setting, environment: Environment, warnings: string[]): Given | undefined {
  const names = [setting.env, ...setting.aliases];
  const given: Given[] = [];
  for (const name of names) {
    const text = environment[name]?.trim();
    const file = setting.secret ? environment[`${name}_FILE`]?.trim() : undefined;
    if (text) given.push({ name, text });
    if (file) given.push({ name: `${name}_FILE`, file });
  }
  const [first, ...others] = given;
  for (const { name } of others) warnings.push(`${name} is ignored, because ${first?.name} is set as well.`);
  return first;
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

function unknownNames(table: SettingTable, environment: Environment): string[] {
  const known = Object.values(table).flatMap(({ env, aliases, secret }) => {
    const names = [env, ...aliases];
    return secret ? [...names, ...names.map((name) => `${name}_FILE`)] : names;
  });
  return Object.keys(environment)
    .filter((name) => ownNames.test(name) && !known.includes(name))
    .map((name) => {
      const [nearest] = known.map((each) => ({ each, apart: distance(name, each) })).sort((a, b) => a.apart - b.apart);
      const advice = nearest && nearest.apart <= maxDistance ? ` Did you mean ${nearest.each}?` : "";
      return `${name} is not a setting.${advice}`;
    });
}
