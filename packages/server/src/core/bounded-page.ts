import type { Page, PageRequest } from "@signalbox/protocol";
import { boundFields } from "./bound-fields.ts";

/** Number of rows of a page whose request has no limit. */
export const defaultLimit = 100;

/** Number of rows that are read from a store at a time. Parsing more would block the event loop for too long. */
const rowsPerRead = 50;

/** Share of a client's send buffer limit that one response may take: a client may send several requests at a time. */
const answerShare = 1 / 4;

/** Maximum number of bytes of rows in one response, from SIGNALBOX_MAX_BUFFERED_BYTES. */
export const answerBytes = (maxBufferedBytes: number): number => Math.floor(maxBufferedBytes * answerShare);

/** The first rows whose JSON together has at most `maxBytes`. Stops at the first row that does not fit. */
export function rowsWithin<Row>(rows: readonly Row[], maxBytes: number): { rows: readonly Row[]; bytes: number } {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = Buffer.byteLength(JSON.stringify(row));
    if (bytes + size > maxBytes) return { rows: rows.slice(0, index), bytes };
    bytes += size;
  }
  return { rows, bytes };
}

/**
 * Like `rowsWithin`, but returns at least one row, because a list would otherwise end there. A row that is too large by
 * itself is returned with its texts cut.
 */
export function someRowsWithin<Row extends object>(rows: readonly Row[], maxBytes: number): readonly Row[] {
  const { rows: fitting } = rowsWithin(rows, maxBytes);
  const [first] = rows;
  return fitting.length > 0 || first === undefined ? fitting : [boundFields(first) as Row];
}

/**
 * Reads a page from a store, a few rows at a time, until it is complete or has `maxBytes`. The remaining rows are on
 * the next page: the cursor is the store's own.
 */
export async function readBounded<Row extends object, Request extends PageRequest>(
  list: (request: Request) => Promise<Page<Row>>,
  request: Request,
  maxBytes: number,
): Promise<Page<Row>> {
  const read: Row[] = [];
  let { after, limit: left = defaultLimit } = request;
  let room = maxBytes;
  for (;;) {
    const { rows, next, total } = await list({ ...request, after, limit: Math.min(left, rowsPerRead) });
    const fitting = rowsWithin(rows, room);
    if (fitting.rows.length < rows.length) {
      if (fitting.rows.length === 0 && read.length > 0) return { rows: read, next: after ?? null, total };
      if (rows.length === 1) return { rows: [...someRowsWithin(rows, room)], next, total };
      // Reads again with a limit of the rows that fit, to get the cursor after them.
      left = Math.max(1, fitting.rows.length);
      continue;
    }
    read.push(...rows);
    room -= fitting.bytes;
    left -= rows.length;
    if (next === null || left <= 0) return { rows: read, next, total };
    after = next;
  }
}
