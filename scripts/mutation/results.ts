import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { areas } from "./areas.ts";

/** A mutant that no test detected. */
interface Survivor {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  readonly covered: boolean;
}

/** What a run of one area has found. */
export interface Result {
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly minutes: number;
  readonly files: number;
  readonly killed: number;
  /** Mutants with which the tests did not end: detected as well. */
  readonly timeouts: number;
  readonly survivors: readonly Survivor[];
}

/** The part of mutation-testing-report-schema that is read. */
interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export function resultOf(reportPath: string, minutes: number): Result {
  const { files } = JSON.parse(readFileSync(reportPath, "utf8")) as StrykerReport;
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ file, mutant, original: excerpt(source, mutant.location) })),
  );
  const withStatus = (...statuses: string[]) => all.filter(({ mutant }) => statuses.includes(mutant.status));
  return {
    ...{ date: new Date().toISOString().slice(0, 10), node: process.version, cores: availableParallelism(), minutes },
    files: Object.keys(files).length,
    killed: withStatus("Killed").length,
    timeouts: withStatus("Timeout").length,
    survivors: withStatus("Survived", "NoCoverage").map(({ file, mutant, original }) => ({
      ...{ file, line: mutant.location.start.line, mutator: mutant.mutatorName, original },
      replacement: oneLine(mutant.replacement ?? ""),
      covered: mutant.status === "Survived",
    })),
  };
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").slice(0, 100);

/** Lines and columns count from 1. */
function excerpt(source: string, { start, end }: Mutant["location"]): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  lines.push((lines.pop() ?? "").slice(0, end.column - 1));
  return oneLine(lines.join("\n").slice(start.column - 1));
}

const pathOf = (root: string, area: string): string => join(root, "scripts/mutation/results", `${area}.json`);

export function keepResult(root: string, area: string, result: Result): void {
  mkdirSync(join(root, "scripts/mutation/results"), { recursive: true });
  writeFileSync(pathOf(root, area), JSON.stringify(result, null, 2));
}

/** The newest result of each area that has been run. */
export function readResults(root: string): ReadonlyMap<string, Result> {
  const known = Object.keys(areas).filter((area) => existsSync(pathOf(root, area)));
  return new Map(known.map((area) => [area, JSON.parse(readFileSync(pathOf(root, area), "utf8"))]));
}

/** Percent of the mutants that were detected. */
export function scoreOf(results: Iterable<Result>): number {
  let [detected, all] = [0, 0];
  for (const { killed, timeouts, survivors } of results) {
    detected += killed + timeouts;
    all += killed + timeouts + survivors.length;
  }
  return (detected / all) * 100;
}

export const survivorLines = ({ survivors }: Result): string[] =>
  survivors.map(
    ({ file, line, mutator, original, replacement, covered }) =>
      `  ${file}:${line} ${mutator}${covered ? "" : " (not covered)"}: ${original} -> ${replacement}`,
  );
