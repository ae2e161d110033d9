import type { ComponentChildren } from "preact";

export interface Column<Row, Sort extends string = never> {
  readonly label: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly class?: string;
  /** What the server calls it, where it can sort by it. */
  readonly sort?: Sort;
}

interface CellProps<Row> {
  column: Column<Row, string>;
  row: Row;
  isFirst: boolean;
}

/** The first one names its row. */
export function Cell<Row>({ column, row, isFirst }: CellProps<Row>) {
  const content = column.cell(row);
  if (isFirst) return <th scope="row">{content}</th>;
  return (
    <td class={column.class} data-label={column.label}>
      {content}
    </td>
  );
}
