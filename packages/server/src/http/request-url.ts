import { parse } from "node:querystring";
import { Refusal } from "../core/refusal.ts";

/** The parameters of a query by name, on an object without a prototype. */
export type Query = Readonly<Record<string, string>>;

/**
 * The query of a request's target, in origin form (RFC 9112 section 3.2.1), each parameter given once. Two readers of
 * one URL that read it differently are how a checked value and a used value come apart: so repeated parameters are
 * refused, and a fragment, which is no part of a target, but which Node lets through and a URL parser cuts off.
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

/** The path alone, exactly as sent: `/socket.io/../x` or an encoded letter is another path, not this one. */
export const rawPath = (url: string | undefined): string => (url ?? "").split("?", 1)[0] ?? "";
