/** Whether a text is an origin exactly as a browser serialises one (RFC 6454 section 6.2). URLs may have a `*` in the host: no site has. */
export const isOrigin = (text: string): boolean => !text.includes("*") && URL.parse(text)?.origin === text;

/** What a subdomain stands between. */
export interface SubdomainPattern {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Takes `https://*.example.com` apart; undefined for anything else. A `*` has no other place in a rule: `https://*:5000`
 * or `https://app.*.com` would let in whoever rents a host.
 */
export function subdomainPattern(rule: string): SubdomainPattern | undefined {
  const [, prefix = "", suffix = ""] = /^(https?:\/\/)\*(\..+)$/.exec(rule) ?? [];
  return isOrigin(`${prefix}subdomain${suffix}`) ? { prefix, suffix } : undefined;
}

/** What SOCKETIO_CORS_ORIGINS may hold: an origin, `https://*.host` for subdomains, `null`, or `*`. */
export const isOriginRule = (text: string): boolean =>
  text === "*" || text === "null" || isOrigin(text) || subdomainPattern(text) !== undefined;
