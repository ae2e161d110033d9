import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ProxyTrust } from "../config/trusted-proxies.ts";
import { createSymbolProperty } from "../core/symbol-property.ts";

/** The header in requests from trusted proxies, and in every response of Signalbox. */
export const requestIdHeader = "X-Request-Id";

/** The ids accepted from a proxy: no text that could mislead a reader of the log. */
const wellFormed = /^[\w.:-]{8,64}$/;

/**
 * Gives each request an id for the log. A connection has the id of the request that opened it, so that one search finds
 * all lines about a client. The id is random: X-Request-Id is accepted only from a trusted proxy, because a client that
 * chooses its own id could have its actions attributed to another client.
 */
export function createRequestId(isTrusted: ProxyTrust): (req: IncomingMessage) => string {
  const known = createSymbolProperty<IncomingMessage, string>("request id");

  function nameOf(req: IncomingMessage): string {
    const given = req.headers["x-request-id"];
    const peer = req.socket.remoteAddress;
    if (typeof given !== "string" || peer === undefined) return randomUUID();
    return isTrusted(peer, 0) && wellFormed.test(given) ? given : randomUUID();
  }

  return (req) => {
    const id = known.of(req) ?? nameOf(req);
    known.put(req, id);
    return id;
  };
}
