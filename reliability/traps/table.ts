import type { Row } from "./run-traps.ts";

const begin = "<!-- traps: written by `npm run traps` -->";
const end = "<!-- /traps -->";

const verdict = (open: boolean): string => (open ? "**open**" : "closed");

/** The table of SECURITY.md: what was found, with what was seen. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ probe, bare, signalbox }) =>
      `| ${probe.id} | ${probe.rule} | ${verdict(bare.open)}: ${bare.seen} | ${verdict(signalbox.open)}: ${signalbox.seen} |`,
  );
  return ["| | rule | bare Socket.IO | Signalbox |", "|---|---|---|---|", ...lines].join("\n");
}

/** What of the table must be the same each time: rules and verdicts, not counts and times. */
export function verdictsOf(table: string): string[] {
  return table
    .split("\n")
    .filter((line) => /^\| [A-GT]/.test(line))
    .map((line) => line.replace(/(\*\*open\*\*|closed): [^|]*/g, "$1 "));
}

const between = new RegExp(`${begin}\n[\\s\\S]*?\n${end}`);

export function tableIn(page: string): string {
  const table = between.exec(page)?.[0];
  if (table === undefined) throw new Error(`The page has no table between "${begin}" and "${end}".`);
  return table;
}

export const withTable = (page: string, table: string): string =>
  page.replace(tableIn(page), () => `${begin}\n${table}\n${end}`);
