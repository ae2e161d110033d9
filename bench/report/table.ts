/** Rows of text under a head; the first column names the row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns side by side, two spaces between: the first to the left, figures to the right. */
export function asConsole({ head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** A table of GitHub's Markdown. */
export function asMarkdown({ head, rows }: Table): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|---|${"--:|".repeat(head.length - 1)}`, ...rows.map(line)].join("\n");
}

/** Rows become columns. */
export function turned({ head, rows }: Table): Table {
  const [corner = "", ...columns] = head;
  return {
    head: [corner, ...rows.map(([name = ""]) => name)],
    rows: columns.map((name, index) => [name, ...rows.map((row) => row[index + 1] ?? "")]),
  };
}
