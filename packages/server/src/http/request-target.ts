import { Refusal } from "../refusal.ts";

/** Path and query of a request, each query parameter given once. */
export interface RequestTarget {
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

/**
 * Reads a request's target (RFC 9112 section 3.2).
 * @throws Refusal `payload_invalid`
 */
export function parseTarget(url: string | undefined): RequestTarget {
  const parsed = URL.parse(url ?? "", "http://server.invalid");
  if (parsed === null) throw new Refusal("payload_invalid", { hint: "The request's URL cannot be read." });
  return { path: parsed.pathname, query: uniqueParameters(parsed.searchParams) };
}

/**
 * The query of a request whose path is known, in origin form (RFC 9112 section 3.2.1).
 * @throws Refusal `payload_invalid`
 */
export function parseQuery(url: string | undefined): ReadonlyMap<string, string> {
  const start = url?.indexOf("?") ?? -1;
  return uniqueParameters(new URLSearchParams(start < 0 ? "" : url?.slice(start)));
}

/**
 * Repeated parameters are refused: two readers of one URL that choose different copies are how a checked value and a
 * used value come apart.
 */
function uniqueParameters(parameters: URLSearchParams): Map<string, string> {
  const query = new Map<string, string>();
  parameters.forEach((value, name) => {
    if (query.has(name) || name in Object.prototype) {
      throw new Refusal("payload_invalid", { hint: "A query parameter is repeated or has a reserved name." });
    }
    query.set(name, value);
  });
  return query;
}

/** The path alone, exactly as sent: `/socket.io/../x` or an encoded letter is another path, not this one. */
export const rawPath = (url: string | undefined): string => (url ?? "").split("?", 1)[0] ?? "";
