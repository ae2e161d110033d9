import type { ComponentChildren, JSX } from "preact";

export interface Column<Row> {
  label: string;
  cell: (row: Row) => ComponentChildren;
  class?: string;
}

interface DataTableProps<Row> {
  title: string;
  /** Beside the title, such as how many rows there are in all. */
  note: string;
  /** The first one names its row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** The key of a row, and whatever else its element should carry. */
  rowProps: (row: Row) => JSX.IntrinsicElements["tr"] & { key: string };
  /** Shown instead of the table while there is no row. */
  empty: string;
  testId: string;
}

/**
 * A titled table. On a phone each row becomes a block of labelled lines; where the columns need more room than there
 * is, they scroll inside their frame, by keyboard as well, so that the page itself never does.
 */
export function DataTable<Row>({ title, note, columns, rows, rowProps, empty, testId }: DataTableProps<Row>) {
  const headingId = `${testId}-heading`;
  return (
    <div class="data">
      <div class="section-head">
        <h2 id={headingId}>{title}</h2>
        <p class="hint">{note}</p>
      </div>
      {rows.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section class="table-frame" aria-labelledby={headingId} tabIndex={0}>
          <table data-testid={testId}>
            <thead>
              <tr>
                {columns.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr {...rowProps(row)}>
                  {columns.map((column, index) => (
                    <Cell key={column.label} column={column} row={row} isFirst={index === 0} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

function Cell<Row>({ column, row, isFirst }: { column: Column<Row>; row: Row; isFirst: boolean }) {
  const content = column.cell(row);
  if (isFirst) return <th scope="row">{content}</th>;
  return (
    <td class={column.class} data-label={column.label}>
      {content}
    </td>
  );
}
