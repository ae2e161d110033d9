import type { Config } from "../config/settings.ts";
import { deriveOrigins, type OriginRule } from "./derive-origins.ts";
import { isOrigin } from "./origin-rule.ts";

/** What the policy says of an origin, and why. */
export interface OriginVerdict {
  readonly allowed: boolean;
  readonly origin: string | undefined;
  /** The rule that decided, such as `derived from HOST and PORT` or `not in the list`. */
  readonly rule: string;
  /** For a refusal: the list in force, and the setting that would allow it. */
  readonly hint?: string;
}

export interface OriginPolicy {
  judge(origin: string | undefined): OriginVerdict;
  /** Everything that is allowed, as in the configuration. */
  readonly allowed: readonly string[];
}

/** Longer than any real origin: a DNS name has 253 characters at most (RFC 1035 section 2.3.4). */
const maxOriginLength = 300;

interface SubdomainRule extends OriginRule {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * One list for every way in. Origins are compared byte by byte with what browsers send (RFC 6454 section 6.2): another
 * scheme, port, case, a trailing dot or an explicit default port is another origin.
 */
export function createOriginPolicy(
  config: Pick<Config, "mode" | "host" | "port" | "publicUrl" | "corsOrigins">,
): OriginPolicy {
  const rules = deriveOrigins(config);
  const exact = new Map<string, string>();
  const subdomains: SubdomainRule[] = [];
  for (const each of rules) {
    const [prefix, suffix] = each.origin.split("*", 2);
    if (suffix) subdomains.push({ ...each, prefix: prefix ?? "", suffix });
    else if (!exact.has(each.origin)) exact.set(each.origin, each.rule);
  }
  const anyOrigin = exact.get("*");
  const allowed = [...new Set(rules.map(({ origin }) => origin))];

  const refuse = (origin: string | undefined, rule: string): OriginVerdict => ({
    allowed: false,
    origin,
    rule,
    hint: `${rule}. Allowed: ${allowed.join(", ")}. To allow another, name it in SOCKETIO_CORS_ORIGINS or set PUBLIC_URL.`,
  });

  return {
    allowed,
    judge(origin) {
      if (origin === undefined) return refuse(origin, "no Origin header");
      const rule = exact.get(origin);
      if (rule !== undefined && origin !== "*") return { allowed: true, origin, rule };
      // "null" stands for every sandboxed frame and local file at once: only by name, never by a wildcard.
      if (origin === "null" || origin.length > maxOriginLength)
        return refuse(origin.slice(0, maxOriginLength), "not in the list");
      const subdomain = subdomains.find((each) => matches(origin, each));
      if (subdomain !== undefined) return { allowed: true, origin, rule: subdomain.rule };
      if (anyOrigin !== undefined && isOrigin(origin)) return { allowed: true, origin, rule: anyOrigin };
      return refuse(origin, "not in the list");
    },
  };
}

/** `https://*.example.com` stands for subdomains of any depth, not for the bare domain, and never for `xexample.com`. */
function matches(origin: string, { prefix, suffix }: SubdomainRule): boolean {
  if (!origin.startsWith(prefix) || !origin.endsWith(suffix)) return false;
  const labels = origin.slice(prefix.length, origin.length - suffix.length);
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(labels);
}
