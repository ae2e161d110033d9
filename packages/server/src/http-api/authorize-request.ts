import type { IncomingMessage } from "node:http";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { toIncoming, type WebRequest } from "../http/web-request.ts";
import type { OriginGuard } from "../origin/origin-guard.ts";
import type { Authenticator } from "../sessions/authenticator.ts";
import { carrierOf } from "./client-routes.ts";

/** Methods that change nothing (RFC 9110 section 9.2.1) and therefore need no CSRF token. */
const safeMethods: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);

interface RequestAuthorizerOptions {
  readonly originGuard: OriginGuard;
  readonly authenticator: Authenticator;
  onRefused(req: IncomingMessage, refusal: Refusal): void;
}

/** The guard for an application's own routes: the same origin policy, session and CSRF token as for sockets. */
export function createRequestAuthorizer({ originGuard, authenticator, onRefused }: RequestAuthorizerOptions) {
  return async (request: IncomingMessage | WebRequest): Promise<Principal> => {
    const req = toIncoming(request);
    const { refusal } = originGuard.check(req, "http");
    if (refusal !== null) throw refusal;
    try {
      const changes = !safeMethods.has(req.method);
      const { principal } = await authenticator.identify(carrierOf(req), req.headers["x-csrf-token"], changes);
      return principal;
    } catch (error) {
      if (error instanceof Refusal) onRefused(req, error);
      throw error;
    }
  };
}
