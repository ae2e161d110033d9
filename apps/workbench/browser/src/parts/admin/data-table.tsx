import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Cell, type Column } from "./column.tsx";
import { useKeptFocus } from "./kept-focus.ts";

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** The key of a row, and any other attributes of its element. */
  rowProps: (row: Row) => JSX.IntrinsicElements["tr"] & { key: string };
  /** Shown instead of the table while there are no rows. */
  empty: string;
  testId: string;
}

/**
 * A table for few rows. On a phone each row becomes a block of labelled lines. Columns that need more room than
 * available scroll inside their frame, also by keyboard, so that the page itself never scrolls sideways.
 */
export function DataTable<Row>({ label, columns, rows, rowProps, empty, testId }: DataTableProps<Row>) {
  const frame = useRef<HTMLElement>(null);
  useKeptFocus(frame);
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section ref={frame} class="table-frame" aria-label={label} tabIndex={0}>
      <table data-testid={testId}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} scope="col" class={column.class}>
                {column.label}
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
  );
}
