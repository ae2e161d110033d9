import { readFileSync } from "node:fs";
import { distance } from "fastest-levenshtein";
import { type Parsed, parseValue, quote } from "./parse-value.ts";
import type { ConfigOf, Setting, SettingTable } from "./setting.ts";

/** A problem in one sentence, and the settings that have their default because of it. */
export interface Problem<Key = string> {
  readonly text: string;
  readonly keys: readonly Key[];
}

/** The settings read from an environment, with its problems. */
export interface ReadSettings<Table extends SettingTable> {
  /** Complete: a setting with a bad value has its default. */
  readonly values: ConfigOf<Table>;
  /** Where each value comes from: the variable that set it, or `default`. */
  readonly sources: ReadonlyMap<keyof Table, string>;
  /** Bad values, one problem each. */
  readonly problems: readonly Problem<keyof Table>[];
  /** Harmless mistakes: unknown names, a setting given twice. */
  readonly warnings: readonly string[];
}

/** Variables by name, like `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names with a prefix of Signalbox: a misspelt one is never silently ignored. */
const ownNames = /^(SOCKETIO|SIGNALBOX|PROGRESS)_/;

/** Names further apart than this, or with only the prefix in common, do not count as a typing error. */
const maxDistance = 4;

/** Reads every setting of a table from an environment. Empty means unset, as in most shells and compose files. */
export function readSettings<Table extends SettingTable>(table: Table, environment: Environment): ReadSettings<Table> {
  const values: Record<string, unknown> = {};
  const sources = new Map<keyof Table, string>();
  const problems: Problem<keyof Table>[] = [];
  const warnings: string[] = [];

  for (const [key, setting] of Object.entries(table)) {
    values[key] = setting.default;
    sources.set(key, "default");
    const given = find(setting, environment, warnings);
    if (given === undefined) continue;
    const parsed = given.isFile ? parseFile(setting, given.text) : parseValue(setting, given.text);
    if ("value" in parsed) {
      values[key] = parsed.value;
      sources.set(key, given.name);
      continue;
    }
    const shown = setting.secret ? "" : ` is ${quote(given.text)}, but`;
    problems.push({ text: `${given.name}${shown} ${parsed.reason}.`, keys: [key] });
  }

  warnings.push(...unknownNames(table, environment));
  return { values: values as ConfigOf<Table>, sources, problems, warnings };
}

interface Given {
  readonly name: string;
  readonly text: string;
  /** Whether `text` is the name of a file that contains the value. */
  readonly isFile: boolean;
}

/** The first name that is set wins. A secret may also be given as a file, so that no process listing shows it. */
function find(setting: Setting, environment: Environment, warnings: string[]): Given | undefined {
  const names = [setting.env, ...setting.aliases];
  const given: Given[] = [];
  for (const name of names) {
    const text = environment[name]?.trim();
    const file = setting.secret ? environment[`${name}_FILE`]?.trim() : undefined;
    if (text) given.push({ name, text, isFile: false });
    if (file) given.push({ name: `${name}_FILE`, text: file, isFile: true });
  }
  const [first, ...others] = given;
  for (const { name } of others) warnings.push(`${name} is ignored, because ${first?.name} is set as well.`);
  return first;
}

function parseFile(setting: Setting, path: string): Parsed {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch {
    return { reason: `names the file ${path}, which cannot be read` };
  }
  return text === "" ? { reason: `names the file ${path}, which is empty` } : parseValue(setting, text);
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
      const near = nearest && nearest.apart <= maxDistance && nearest.apart < name.replace(ownNames, "").length;
      const advice = near ? ` Did you mean ${nearest.each}?` : "";
      return `${name} is not a setting.${advice}`;
    });
}
