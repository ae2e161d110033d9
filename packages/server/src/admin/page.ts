import type { Page, PageRequest } from "@signalbox/protocol";
import { defaultLimit, someRowsWithin } from "../core/bounded-page.ts";

/**
 * Cuts one page out of rows that are held in memory, such as live connections.
 * The cursor is the key of the last row, so that rows which come and go meanwhile do not shift the others.
 * @param rows - in ascending order of `keyOf`
 * @param maxBytes - limit for the rows as JSON; rows beyond it come with the next page
 */
export function pageOf<Row extends object>(
  rows: readonly Row[],
  { after, limit = defaultLimit, filter }: PageRequest,
  keyOf: (row: Row) => string,
  maxBytes: number,
): Page<Row> {
  const matching = matchingRows(rows, filter);
  const following = after === undefined ? matching : matching.filter((row) => keyOf(row) > after);
  const page = someRowsWithin(following.slice(0, limit), maxBytes);
  const last = following[page.length - 1];
  return {
    rows: [...page],
    next: last !== undefined && following.length > page.length ? keyOf(last) : null,
    total: matching.length,
  };
}

/** Rows whose text contains the filter; all rows without a filter. */
export function matchingRows<Row>(rows: readonly Row[], filter: string | undefined): readonly Row[] {
  const needle = filter?.toLowerCase();
  return needle === undefined || needle === "" ? rows : rows.filter((row) => textOf(row).includes(needle));
}

/** The values of a row as one text to search in; the names of its fields do not match. */
function textOf(row: unknown): string {
  return Object.values(row as object)
    .join("\n")
    .toLowerCase();
}
