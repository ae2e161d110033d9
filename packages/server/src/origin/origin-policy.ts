import type { Config } from "../config/settings.ts";
import { isOrigin, type SubdomainPattern, subdomainPattern } from "../core/origin-syntax.ts";
import { deriveOrigins, type OriginRule } from "./derive-origins.ts";

/** The policy's decision on an origin, and its reason. */
export interface OriginVerdict {
  readonly allowed: boolean;
  readonly origin: string | undefined;
  /** The rule that applied, such as `derived from HOST and PORT` or `not in the list`. */
  readonly rule: string;
  /** For a refusal: the refused origin, the setting that would allow it, and the list in force. */
  readonly hint?: string;
}

/** The list of origins in force, and the verdict on each origin. */
export interface OriginPolicy {
  judge(origin: string | undefined): OriginVerdict;
  /** All allowed origins and patterns, as in the configuration. */
  readonly allowed: readonly string[];
}

/** Longer than any real origin: a DNS name has 253 characters at most (RFC 1035 section 2.3.4). */
const maxOriginLength = 300;

/**
 * One list for all kinds of requests. Origins are compared byte by byte in the form that browsers send (RFC 6454
 * section 6.2): another scheme, port, case, a trailing dot or an explicit default port makes another origin.
 * @throws TypeError naming HOST or PUBLIC_URL when it makes no origin
 */
export function createOriginPolicy(
  config: Pick<Config, "mode" | "host" | "port" | "publicUrl" | "corsOrigins">,
): OriginPolicy {
  const rules = deriveOrigins(config);
  const exact = new Map<string, string>();
  const subdomains: (OriginRule & SubdomainPattern)[] = [];
  const anyPorts: { readonly host: string; readonly rule: string }[] = [];
  for (const each of rules) {
    const pattern = subdomainPattern(each.origin);
    if (each.anyPortOf !== undefined) anyPorts.push({ host: each.anyPortOf, rule: each.rule });
    else if (pattern !== undefined) subdomains.push({ ...each, ...pattern });
    else if (each.origin !== "*" && !exact.has(each.origin)) exact.set(each.origin, each.rule);
  }
  const anyOrigin = rules.find(({ origin }) => origin === "*")?.rule;
  const allowed = [...new Set(rules.map(({ origin }) => origin))];
  // The setting comes first and the list last: a long list is cut in the log, and the remedy must not be cut.
  const remedy = `${remedyFor(config)} Allowed: ${allowed.join(", ")}.`;
  const refuse = (origin: string): OriginVerdict => {
    const shown = origin.slice(0, maxOriginLength);
    const rule = "not in the list";
    return { allowed: false, origin: shown, rule, hint: `The origin ${JSON.stringify(shown)} is ${rule}. ${remedy}` };
  };

  return {
    allowed,
    judge(origin) {
      if (origin === undefined) {
        const hint = `The request has no Origin header. Browsers send one. Another client sends one that is allowed, or leaves out the session's cookie and authenticates with a token (\`auth.token\`, or \`Authorization: Bearer\` for HTTP). ${remedy}`;
        return { allowed: false, origin, rule: "no Origin header", hint };
      }
      const rule = exact.get(origin);
      if (rule !== undefined) return { allowed: true, origin, rule };
      // Patterns match only origins of sites. `null` is not one: all sandboxed frames and local files share it.
      if (origin.length > maxOriginLength || !isOrigin(origin)) return refuse(origin);
      const anyPort = anyPorts.find(({ host }) => hasHost(origin, host));
      if (anyPort !== undefined) return { allowed: true, origin, rule: anyPort.rule };
      const subdomain = subdomains.find((each) => isSubdomain(origin, each));
      if (subdomain !== undefined) return { allowed: true, origin, rule: subdomain.rule };
      return anyOrigin === undefined ? refuse(origin) : { allowed: true, origin, rule: anyOrigin };
    },
  };
}

/** The advice depends on SOCKETIO_CORS_ORIGINS: if it is set, derived origins are dropped and PUBLIC_URL is ignored. */
const remedyFor = ({ corsOrigins }: Pick<Config, "corsOrigins">): string =>
  corsOrigins.length > 0
    ? "To allow an origin, add it to SOCKETIO_CORS_ORIGINS."
    : "To allow an origin, set PUBLIC_URL to it, or name every allowed origin in SOCKETIO_CORS_ORIGINS, which replaces this list.";

/** `https://*.example.com` matches subdomains of any depth, but neither the bare domain nor `xexample.com`. */
function isSubdomain(origin: string, { prefix, suffix }: SubdomainPattern): boolean {
  if (!origin.startsWith(prefix) || !origin.endsWith(suffix)) return false;
  const labels = origin.slice(prefix.length, origin.length - suffix.length);
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(labels);
}

/** Whether an origin has this scheme and host, with any port or the default port. */
const hasHost = (origin: string, host: string): boolean =>
  origin.startsWith(host) && /^(:\d+)?$/.test(origin.slice(host.length));
