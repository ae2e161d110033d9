import { parse } from "node:querystring";
import { Refusal } from "../core/refusal.ts";

/** The query parameters by name, in an object without a prototype. */
export type Query = Readonly<Record<string, string>>;

/**
 * Parses the query of a request target in origin form (RFC 9112 section 3.2.1). Refuses repeated parameters and a
 * fragment: when two parsers read one URL differently, the checked value and the used value can differ. A fragment is
 * not part of a request target, but Node accepts it and a URL parser cuts it off.
 * @throws Refusal `payload_invalid`
 */
export function parseQuery(url = ""): Query {
  const start = url.indexOf("?");
  const query = parse(start < 0 ? "" : url.slice(start + 1), "&", "=", { maxKeys: 0 });
  if (url.includes("#")) throw new Refusal("payload_invalid", { hint: "The request's target has a fragment." });
  for (const name in query) {
    if (!Array.isArray(query[name]) && !(name in Object.prototype)) continue;
    throw new Refusal("payload_invalid", { hint: "A query parameter is repeated or has a reserved name." });
  }
  return query as Query;
}

/** The path alone, exactly as sent: `/socket.io/../x`, or a path with an encoded letter, is a different path. */
export const rawPath = (url: string | undefined): string => (url ?? "").split("?", 1)[0] ?? "";
