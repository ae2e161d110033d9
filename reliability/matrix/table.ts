import { positions } from "./positions.ts";
import { type Column, columns, type Outcome } from "./run-matrix.ts";

const headOf = ({ store, nodes, transport }: Column): string =>
  `${store}, ${nodes} ${nodes === 1 ? "node" : "nodes"}, ${transport}`;

/** The matrix as a table of Markdown: milliseconds where a cell is well, and what is wrong where it is not. */
export function matrixTable(outcomes: readonly Outcome[]): string {
  const cellOf = (position: string, column: Column): string => {
    const found = outcomes.find((each) => each.position === position && each.column === column);
    if (found === undefined) return "not run";
    return found.faults.length === 0 ? String(found.ms) : `**${found.faults.length} wrong**`;
  };
  const rows = positions.map(
    ({ name }) => `| ${[name, ...columns.map((column) => cellOf(name, column))].join(" | ")} |`,
  );
  return [`| cut | ${columns.map(headOf).join(" | ")} |`, `|---|${columns.map(() => "---").join("|")}|`, ...rows].join(
    "\n",
  );
}

/** What is wrong, cell by cell. */
export const matrixFaults = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap(({ position, column, faults }) =>
    faults.map((fault) => `${position} (${headOf(column)}): ${fault}`),
  );

/** docs/reliability/matrix.md */
export const matrixPage = (outcomes: readonly Outcome[]): string => `# The recovery matrix

Written by \`npm run matrix -- --write\`. A client loses its connection at ten moments in the life of a task, with each store,
on one node and on two, over each transport: ${outcomes.length} cells. With two nodes it comes back to the other one; the work is done on one of
them. A number is the milliseconds from the loss until the client knew the end, work included; the first delay of the clients is
100 ms here. Every cell is judged by [the checker of histories](history.md): each end and each notice told once, versions rising,
percent never falling within a run, nothing missing.

${matrixTable(outcomes)}

${matrixFaults(outcomes).length === 0 ? "All cells are well." : matrixFaults(outcomes).join("\n")}
`;
