/** Half of the recovery matrix, and that a cell that is not well would be named; `npm run matrix` plays all of it. */
import { expect, it } from "vitest";
import { columns, judgeColumn, type Outcome, playColumn } from "./run-matrix.ts";
import { matrixFaults, matrixTable } from "./table.ts";

const outcomes: Outcome[] = [];

/** Each store, number of nodes and transport with each of the others. */
const chosen = columns.filter(
  ({ store, nodes, transport }) => (store === "SQLite") === ((nodes === 1) === (transport === "polling")),
);

it.each(chosen)(
  "$store, nodes: $nodes, $transport",
  async (column) => {
    const history = await playColumn(column);
    const judged = await judgeColumn(column, history);
    outcomes.push(...judged);
    expect(matrixFaults(judged)).toEqual([]);
    expect(judged).toHaveLength(10);

    // If one client had not received the end, or twice, its cell would be red, and no other.
    const { userId } = history.cells[3] ?? {};
    const final = history.lines.find((line) => line.operation === "final" && line.actor === userId);
    const without = await judgeColumn(column, { ...history, lines: history.lines.filter((line) => line !== final) });
    const twice = await judgeColumn(column, {
      ...history,
      lines: history.lines.flatMap((line) => (line === final ? [line, line] : [line])),
    });
    for (const broken of [without, twice]) {
      expect(broken.map(({ faults }) => faults.length > 0)).toEqual(judged.map((_, index) => index === 3));
    }
  },
  120_000,
);

it("the matrix is printed, with the cells that were not played", () => {
  const table = matrixTable(outcomes);
  process.stdout.write(`${table}\n`);
  expect(outcomes).toHaveLength(40);
  expect(table.split("not run")).toHaveLength(41);
});
