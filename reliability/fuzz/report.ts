import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { kinds } from "./cases/case.ts";
import type { Options } from "./options.ts";
import type { Outcomes, RunResult } from "./run.ts";
import { limits } from "./target/target.ts";

const count = (number: number): string => number.toLocaleString("en");

/** A row for each outcome, most frequent first; outcomes of single cases together. */
function outcomeRows(outcomes: Outcomes): string[][] {
  const all = new Set(kinds.flatMap((kind) => [...(outcomes.get(kind)?.keys() ?? [])]));
  const rows = [...all].map((outcome) => ({
    outcome,
    counts: kinds.map((kind) => outcomes.get(kind)?.get(outcome) ?? 0),
  }));
  const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);
  rows.sort((a, b) => sum(b.counts) - sum(a.counts) || (a.outcome < b.outcome ? -1 : 1));
  return rows.map(({ outcome, counts }) => [outcome, ...counts.map(count)]);
}

const table = (rows: readonly string[][]): string =>
  [["outcome", ...kinds], ["---", ...kinds.map(() => "---:")], ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");

const summary = (seed: number, { cases, seconds, longestGapMs, findings }: RunResult): string =>
  `${count(cases)} cases of seed ${seed} in ${Math.round(seconds)} s, ${count(Math.round(cases / seconds))} a second; ` +
  `the watchers waited at most ${Math.round(longestGapMs)} ms for a frame; ${findings.length} findings.`;

export function consoleReport(seed: number, result: RunResult): string {
  const tables = limits.map((chosen) => `${chosen} limits\n${table(outcomeRows(result.outcomes[chosen]))}`);
  return [...tables, summary(seed, result)].join("\n\n");
}

/** Between these marks a page is the program's; the rest is written by hand. */
const begin = "<!-- run -->";
const end = "<!-- /run -->";

export function writePage(
  { seed }: Options,
  result: RunResult,
  page = join(import.meta.dirname, "../../docs/reliability/fuzz.md"),
): void {
  const [processor] = cpus();
  const text = [
    begin,
    `${summary(seed, result)} ${processor?.model.trim() ?? "Unknown processor"}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}.`,
    ...limits.flatMap((chosen) => [
      `### ${chosen === "wide" ? "Wide" : "Default"} limits`,
      table(outcomeRows(result.outcomes[chosen])),
    ]),
    end,
  ].join("\n\n");
  const before = readFileSync(page, "utf8");
  writeFileSync(page, before.slice(0, before.indexOf(begin)) + text + before.slice(before.indexOf(end) + end.length));
}
