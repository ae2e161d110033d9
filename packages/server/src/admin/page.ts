import type { Page, PageRequest } from "@signalbox/protocol";

/** Rows of a page that does not say how many it wants. */
export const defaultLimit = 100;

/**
 * Cuts one page out of rows that are held in memory, such as live connections.
 * The cursor is the key of the last row, so that rows which come and go meanwhile shift nothing twice.
 * @param rows - in ascending order of `keyOf`
 */
export function pageOf<Row>(
  rows: readonly Row[],
  { after, limit = defaultLimit, filter }: PageRequest,
  keyOf: (row: Row) => string,
): Page<Row> {
  const matching = matchingRows(rows, filter);
  const following = after === undefined ? matching : matching.filter((row) => keyOf(row) > after);
  const page = following.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page,
    next: last !== undefined && following.length > page.length ? keyOf(last) : null,
    total: matching.length,
  };
}

/** Rows whose text contains what was asked for; all of them when nothing was. */
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
