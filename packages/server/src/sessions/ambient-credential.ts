import type { IncomingHttpHeaders } from "node:http";
import type { SessionSource } from "../core/ports.ts";
import { checkCredential } from "./check-session.ts";

/**
 * Returns a check for whether a request carries a credential that browsers attach by themselves: one that a session
 * source recognises as a cookie. A cookie that no source recognises, such as a load balancer's, signs no user in. A
 * bearer token beside the cookie does not hide it: each source is also asked without the token. A source that throws,
 * or returns an invalid credential, counts as one that recognises the request.
 */
export function createAmbientCredentialCheck(
  sources: readonly SessionSource[],
): (headers: IncomingHttpHeaders) => boolean {
  return (headers) => {
    const { authorization, ...others } = headers;
    return sources.some((source) => findsCookie(source, headers) || (authorization && findsCookie(source, others)));
  };
}

function findsCookie(source: SessionSource, headers: IncomingHttpHeaders): boolean {
  try {
    return checkCredential(source.credentialOf({ headers }))?.kind === "cookie";
  } catch {
    return true;
  }
}
