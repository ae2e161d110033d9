import { areas } from "./areas.ts";
import { type Result, scoreOf } from "./results.ts";

/** The text of docs/reliability/mutation.md. */
export function pageOf(results: ReadonlyMap<string, Result>): string {
  const rows = [...results].map(([area, result]) => row(`${areas[area]?.title} (\`${area}\`)`, [result]));
  const notes = [...results].map(([area, result]) => notesOf(area, result)).filter((lines) => lines.length > 0);
  return [
    "# Mutation testing",
    "Written by `npm run mutation -- --write`. StrykerJS changes the guards and rules of Signalbox in one place at a time and runs the tests that hold the area. A mutant that no test detects is a line that could break unnoticed. The areas and their tests are in [`scripts/mutation/areas.ts`](../../scripts/mutation/areas.ts). `npm run mutation -- origin` runs one area, and exits with 1 below 90 %.",
    [
      "| area | files | mutants | killed | timeouts | survived | not covered | score | minutes |",
      "|---|---|---|---|---|---|---|---|---|",
      ...rows,
      row("**total**", [...results.values()]),
    ].join("\n"),
    `${madeWith([...results.values()])} A timeout counts as detected. Minutes are wall-clock time.${notRun(results)}`,
    "Left out are texts for people (string literals with a space in them, objects with nothing but a `hint`) and calls of the log. String literals that are codes, names or headers are mutated.",
    "## What remains",
    "Every mutant that no test detected, as `original -> mutant`.",
    ...notes.map((lines) => lines.join("\n")),
  ]
    .join("\n\n")
    .concat("\n");
}

function notRun(results: ReadonlyMap<string, Result>): string {
  const missing = Object.keys(areas).filter((area) => !results.has(area));
  return missing.length === 0 ? "" : ` Not run yet: ${missing.map((area) => `\`${area}\``).join(", ")}.`;
}

function row(title: string, results: readonly Result[]): string {
  const sum = (count: (result: Result) => number): number => results.reduce((all, each) => all + count(each), 0);
  const survivors = (covered: boolean) =>
    sum((each) => each.survivors.filter((survivor) => survivor.covered === covered).length);
  const detected = [sum((each) => each.killed), sum((each) => each.timeouts)] as const;
  const missed = [survivors(true), survivors(false)] as const;
  const all = [...detected, ...missed].reduce((total, count) => total + count, 0);
  const score = `${scoreOf(results).toFixed(1)} %`;
  const cells = [title, sum((each) => each.files), all, ...detected, ...missed, score];
  return `| ${[...cells, sum((each) => each.minutes).toFixed(1)].join(" | ")} |`;
}

function madeWith(results: readonly Result[]): string {
  const each = (read: (result: Result) => string | number) => [...new Set(results.map(read))].sort().join(", ");
  return `${each(({ date }) => date)}, Node ${each(({ node }) => node)}, ${each(({ cores }) => cores)} cores.`;
}

/** A table cell must not end at a bar in the code. */
const code = (text: string): string => `\`\`${text === "" ? " " : ` ${text} `}\`\``;

function notesOf(area: string, { survivors }: Result): string[] {
  if (survivors.length === 0) return [];
  const lines = survivors.map(({ file, line, original, replacement, covered }) => {
    const name = file.replace(/^packages\/(\w+)\/src\//, "$1/");
    return `- ${name}:${line}${covered ? "" : ", not covered"}: ${code(`${original} -> ${replacement}`)}`;
  });
  const { title = "", remaining } = areas[area] ?? {};
  return [`### ${title}`, "", ...(remaining === undefined ? [] : [remaining, ""]), ...lines];
}
