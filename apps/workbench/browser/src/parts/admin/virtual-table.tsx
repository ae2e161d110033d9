import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Cell, type Column } from "./column.tsx";
import { useKeptFocus } from "./kept-focus.ts";
import { indexOf, useVirtualRows } from "./virtual-rows.ts";

/** The current sort order, and a callback that changes it. */
interface Sorting<Sort> {
  by: Sort;
  descending: boolean;
  change: (by: Sort, descending: boolean) => void;
}

interface VirtualTableProps<Row, Sort extends string> {
  label: string;
  columns: readonly Column<Row, Sort>[];
  /** In the form of CSS grid columns. */
  widths: string;
  count: number;
  /** Undefined while the row has not been read yet. */
  rowAt: (index: number) => Row | undefined;
  keyOf: (row: Row) => string;
  /** Attributes of a row's element. */
  rowProps: (row: Row) => { [attribute: `data-${string}`]: string };
  sorting?: Sorting<Sort>;
  /** Called with the positions in view. */
  onView?: (first: number, last: number) => void;
  onScroll?: (top: number) => void;
  testId: string;
}

/** Row height in pixels before a row is measured: on a phone it is a block of labelled lines. */
const estimates = { wide: 45, phone: 200 };
const isPhone = (): boolean => window.matchMedia("(max-width: 46rem)").matches;

/**
 * A table that renders only the rows in view, so that ten thousand rows are as fast as ten. It scrolls inside its
 * frame, also by keyboard. Screen readers receive the position of every row among all rows.
 */
export function VirtualTable<Row, Sort extends string = never>(props: VirtualTableProps<Row, Sort>) {
  const { label, columns, widths, count, rowAt, keyOf, rowProps, sorting, onView, onScroll, testId } = props;
  const frame = useRef<HTMLElement>(null);
  useKeptFocus(frame);
  /** Keeps the row with the focus rendered even when other rows have replaced it in the data. */
  const focused = useRef<{ index: number; row: Row } | null>(null);
  const shownAt = (index: number): Row | undefined =>
    rowAt(index) ?? (focused.current?.index === index ? focused.current.row : undefined);

  function remember(target: Element): void {
    const index = indexOf(target, frame.current);
    const row = index === null ? undefined : shownAt(index);
    focused.current = index === null || row === undefined ? null : { index, row };
  }

  const { items, totalSize, range, measure } = useVirtualRows({
    frame,
    count,
    estimate: isPhone() ? estimates.phone : estimates.wide,
    keyOf(index) {
      const row = shownAt(index);
      return row === undefined ? `at ${index}` : keyOf(row);
    },
  });
  const [first, last] = [range?.startIndex ?? 0, range?.endIndex ?? 0];
  useEffect(() => onView?.(first, last), [first, last, onView]);

  return (
    <section
      ref={frame}
      class="table-frame virtual"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      onFocusIn={(event) => remember(event.target as Element)}
      onScroll={(event) => onScroll?.(event.currentTarget.scrollTop)}
    >
      <table data-testid={testId} aria-label={label} aria-rowcount={count + 1} style={{ "--widths": widths }}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.label} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody style={{ height: `${totalSize}px` }}>
          {items.map(({ key, index, start }) => {
            const row = shownAt(index);
            const place = {
              "data-index": index,
              "aria-rowindex": index + 2,
              style: { transform: `translateY(${start}px)` },
            };
            if (row === undefined) return <Missing key={key} columns={columns.length} {...place} />;
            return (
              <tr key={key} ref={measure} {...rowProps(row)} {...place}>
                {columns.map((column, position) => (
                  <Cell key={column.label} column={column} row={row} isFirst={position === 0} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

interface HeadingProps<Row, Sort extends string> {
  column: Column<Row, Sort>;
  sorting: Sorting<Sort> | undefined;
}

function Heading<Row, Sort extends string>({ column, sorting }: HeadingProps<Row, Sort>) {
  const { label, sort } = column;
  if (sorting === undefined || sort === undefined) {
    return (
      <th scope="col" class={column.class}>
        {label}
      </th>
    );
  }
  const isSorted = sorting.by === sort;
  const order = sorting.descending ? "descending" : "ascending";
  return (
    <th scope="col" class={column.class} aria-sort={isSorted ? order : undefined}>
      <button
        type="button"
        class="sort"
        data-order={isSorted ? order : undefined}
        onClick={() => sorting.change(sort, isSorted && !sorting.descending)}
      >
        {label}
      </button>
    </th>
  );
}

/** A row that was scrolled into view before it was read. */
function Missing({ columns, ...place }: JSX.IntrinsicElements["tr"] & { columns: number }) {
  return (
    <tr class="missing" {...place}>
      <td colSpan={columns}>…</td>
    </tr>
  );
}
