import { isBusy } from "./retry-while-busy.ts";

/**
 * SQLSTATE classes of PostgreSQL that concern the rows of a statement: a value that does not fit, a constraint, a
 * limit, and a deadlock, which a single row cannot cause (postgresql.org/docs/current/errcodes-appendix.html).
 */
const aboutRows = /^(22|23|40|54)[0-9A-Z]{3}$/;

/** Whether a statement failed because of the whole database (locked, unreachable, frozen), whatever its rows. */
export function isDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false;
  if ("errcode" in error) return isBusy(error);
  return !("code" in error && aboutRows.test(String(error.code)));
}
