import { Refusal } from "../refusal.ts";

/** Path and query of a request, each query parameter given once. */
export interface RequestTarget {
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

/**
 * Reads a request's target (RFC 9112 section 3.2). Repeated parameters are refused: two readers of one URL that choose
 * different copies are how a checked value and a used value come apart.
 * @throws Refusal `payload_invalid`
 */
export function parseTarget(url: string | undefined): RequestTarget {
  const parsed = URL.parse(url ?? "", "http://server.invalid");
  if (parsed === null) throw new Refusal("payload_invalid", { hint: "The request's URL cannot be read." });
  const query = new Map<string, string>();
  for (const [name, value] of parsed.searchParams) {
    if (query.has(name) || name in Object.prototype) {
      throw new Refusal("payload_invalid", { hint: "A query parameter is repeated or has a reserved name." });
    }
    query.set(name, value);
  }
  return { path: parsed.pathname, query };
}

/** The path alone, exactly as sent: `/socket.io/../x` or an encoded letter is another path, not this one. */
export const rawPath = (url: string | undefined): string => (url ?? "").split("?", 1)[0] ?? "";
