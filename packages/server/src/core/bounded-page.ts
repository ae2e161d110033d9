import type { Page, PageRequest } from "@signalbox/protocol";
import { boundFields } from "./bound-fields.ts";

/** Rows of a page that does not say how many it wants. */
export const defaultLimit = 100;

/** Rows that are read from a store at a time: parsing more of them would hold the event loop up. */
const rowsPerRead = 50;

/** An answer may take this part of what may wait for a client: several may be asked for at a time. */
const answerShare = 1 / 4;

/** The bytes of rows in one answer, from SIGNALBOX_MAX_BUFFERED_BYTES. */
export const answerBytes = (maxBufferedBytes: number): number => Math.floor(maxBufferedBytes * answerShare);

/** The first rows whose JSON together has at most `maxBytes`. Looks at no more of them than that. */
export function rowsWithin<Row>(rows: readonly Row[], maxBytes: number): { rows: readonly Row[]; bytes: number } {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = Buffer.byteLength(JSON.stringify(row));
    if (bytes + size > maxBytes) return { rows: rows.slice(0, index), bytes };
    bytes += size;
  }
  return { rows, bytes };
}

/** At least one row, or a list would end there: one that is too large by itself comes with its texts cut. */
export function someRowsWithin<Row extends object>(rows: readonly Row[], maxBytes: number): readonly Row[] {
  const { rows: fitting } = rowsWithin(rows, maxBytes);
  const [first] = rows;
  return fitting.length > 0 || first === undefined ? fitting : [boundFields(first) as Row];
}

/**
 * Reads a page from a store, a few rows at a time, until it is complete or has `maxBytes`. What is left out comes with
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
      // Once more with as many as fit, for the cursor behind them.
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
