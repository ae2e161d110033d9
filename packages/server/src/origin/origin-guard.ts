import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Config } from "../config/settings.ts";
import { Refusal } from "../core/refusal.ts";
import type { Debug } from "../observability/debug-log.ts";
import { allowedHeaders } from "./cors-headers.ts";
import type { OriginPolicy, OriginVerdict } from "./origin-policy.ts";

/** The four kinds of request that the guard checks. */
export type Way = "preflight" | "http" | "polling" | "upgrade";

interface OriginCheck {
  /** Null when the request may pass. */
  readonly refusal: Refusal | null;
  /** CORS headers of the answer (Fetch Standard section 3.3); a refusal gets none that would let a page read it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly verdict: OriginVerdict;
}

export interface OriginGuard {
  check(req: IncomingMessage, way: Way): OriginCheck;
}

interface OriginGuardOptions {
  readonly config: Pick<Config, "corsCredentials" | "corsHeaders" | "corsReportOnly">;
  readonly policy: OriginPolicy;
  /** Whether a request carries a credential that browsers attach by themselves. */
  hasAmbientCredential(headers: IncomingHttpHeaders): boolean;
  /** Called with each refusal, and in report-only mode with each that would have been one; its hint then says so. */
  onRefused(req: IncomingMessage, refusal: Refusal): void;
  /** Logs every verdict; undefined when debug logging is off. */
  readonly debug?: Debug | undefined;
}

/** How long browsers may cache the response to a preflight, in seconds. */
const preflightMaxAge = 600;

/** Applies the same origin policy to all kinds of requests. */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const { config, policy, hasAmbientCredential, onRefused, debug } = options;
  const headerNames = allowedHeaders(config.corsHeaders);

  return {
    check(req, way) {
      const verdict = judge(req, way);
      debug?.({ way, origin: verdict.origin, allowed: verdict.allowed, rule: verdict.rule }, "Origin judged.");
      if (verdict.allowed) return { refusal: null, headers: headersFor(req.headers.origin, way), verdict };
      const reportOnly = config.corsReportOnly ? "Let pass, because SOCKETIO_CORS_REPORT_ONLY is on. " : "";
      const refusal = new Refusal("origin_refused", { hint: `${reportOnly}${verdict.hint}` });
      onRefused(req, refusal);
      if (config.corsReportOnly) return { refusal: null, headers: headersFor(req.headers.origin, way), verdict };
      return { refusal, headers: { Vary: "Origin" }, verdict };
    },
  };

  function judge(req: IncomingMessage, way: Way): OriginVerdict {
    const { origin } = req.headers;
    // Node joins two Origin headers, and proxies may read the first or the last: no interpretation of them is safe.
    if (count(req.rawHeaders, "origin") > 1) {
      const hint = "The request has more than one Origin header; browsers send one.";
      return { allowed: false, origin, rule: "two Origin headers", hint };
    }
    if (origin === undefined && passesWithoutOrigin(req, way)) {
      return { allowed: true, origin, rule: "no Origin header" };
    }
    return policy.judge(origin);
  }

  /**
   * Browsers send Origin with every upgrade, and with every request except GET and HEAD. Such a request without it
   * comes from another kind of client, or from a browser whose Origin was removed on the way. That browser still sends
   * Fetch Metadata (`Sec-Fetch-Site`), and can act for its user only through a credential that it attaches by itself. A
   * client with neither authenticates in the namespace. A GET without Origin is same-origin, or not from a browser.
   */
  function passesWithoutOrigin({ method, headers }: IncomingMessage, way: Way): boolean {
    const site = headers["sec-fetch-site"];
    const isSafe = (method === "GET" || method === "HEAD") && way !== "upgrade";
    if (isSafe && (site === undefined || site === "same-origin")) return true;
    if (hasAmbientCredential(headers)) return false;
    // A page of another site cannot add this header without a preflight, to which the policy applies.
    if (/^Bearer \S/i.test(headers.authorization ?? "")) return true;
    return (way === "polling" || way === "upgrade") && site === undefined;
  }

  function headersFor(origin: string | undefined, way: Way): Record<string, string> {
    if (origin === undefined) return { Vary: "Origin" };
    return {
      Vary: "Origin",
      "Access-Control-Allow-Origin": origin,
      ...(config.corsCredentials && { "Access-Control-Allow-Credentials": "true" }),
      ...(way === "preflight" && {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": headerNames,
        "Access-Control-Max-Age": String(preflightMaxAge),
      }),
    };
  }
}

function count(rawHeaders: readonly string[], name: string): number {
  let found = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index];
    if (given?.length === name.length && given.toLowerCase() === name) found += 1;
  }
  return found;
}
