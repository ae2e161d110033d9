/** Position in a list that is sorted by a time and an id: opaque to clients, stable while rows come and go. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

export const encodeCursor = ({ at, id }: Cursor): string => Buffer.from(JSON.stringify([at, id])).toString("base64url");

/**
 * Undefined for anything that `encodeCursor` did not make: such a page begins at the start. A NUL is in nothing that is
 * stored, and PostgreSQL fails at the question.
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

/** Rows per page. Bounded here as well as at the door: an application may hand on what a request says. */
export const pageSize = (limit = defaultLimit): number =>
  Math.min(Math.max(Math.trunc(limit) || defaultLimit, 1), maxLimit);
