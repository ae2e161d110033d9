/** Position in a list sorted by a time and an id. Opaque to clients, and stable while rows are added and removed. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

export const encodeCursor = ({ at, id }: Cursor): string => Buffer.from(JSON.stringify([at, id])).toString("base64url");

/**
 * Undefined for any text that `encodeCursor` did not make: the page then begins at the start. Rejects a NUL: no stored
 * value contains one, and PostgreSQL fails on a query with one.
 */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    const [at, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    if (typeof at !== "string" || typeof id !== "string" || `${at}${id}`.includes("\0")) return undefined;
    return { at, id };
  } catch {
    return undefined;
  }
}

const defaultLimit = 100;
const maxLimit = 500;

/** Rows per page. Bounded here as well as in request validation: an application may pass on a limit from a request. */
export const pageSize = (limit = defaultLimit): number =>
  Math.min(Math.max(Math.trunc(limit) || defaultLimit, 1), maxLimit);
