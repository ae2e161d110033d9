import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ProxyTrust } from "../config/trusted-proxies.ts";
import { createSymbolProperty } from "../core/symbol-property.ts";

/** In requests from trusted proxies, and in every answer of ours. */
export const requestIdHeader = "X-Request-Id";

/** What is taken over from a proxy: no text that means anything to whoever reads the log. */
const wellFormed = /^[\w.:-]{8,64}$/;

/**
 * Names each request in the log. A connection goes by the name of the request that opened it, so that all lines about a
 * client are found by one word. The name is random: X-Request-Id is believed only from a trusted proxy, because a client
 * that chooses its own can have its doings counted among somebody else's.
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
