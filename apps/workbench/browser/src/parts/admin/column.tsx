import type { ComponentChildren } from "preact";

export interface Column<Row, Sort extends string = never> {
  readonly label: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly class?: string;
  /** The server's sort key, if it can sort by this column. */
  readonly sort?: Sort;
}

interface CellProps<Row> {
  column: Column<Row, string>;
  row: Row;
  isFirst: boolean;
}

/** The first cell names its row. */
export function Cell<Row>({ column, row, isFirst }: CellProps<Row>) {
  const content = column.cell(row);
  if (isFirst) return <th scope="row">{content}</th>;
  return (
    <td class={column.class} data-label={column.label}>
      {content}
    </td>
  );
}
