import { isBusy } from "./retry-while-busy.ts";

/**
 * SQLSTATE classes of PostgreSQL that are about the rows of a statement: a value that does not fit, a constraint, a limit,
 * and a deadlock, which a single row cannot be in (postgresql.org/docs/current/errcodes-appendix.html).
 */
const aboutRows = /^(22|23|40|54)[0-9A-Z]{3}$/;

/** Whether a statement failed because of the database as a whole (locked, gone, frozen), whatever rows it was about. */
export function isHopeless(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false;
  if ("errcode" in error) return isBusy(error);
  return !("code" in error && aboutRows.test(String(error.code)));
}
