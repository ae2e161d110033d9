import { Refusal } from "../refusal.ts";

/**
 * The query of a request's target, in origin form (RFC 9112 section 3.2.1), each parameter given once.
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
