/** Schemes whose origins URL computes, or that have none: pages of `file:` and `data:` send `null`. */
const ofUrl = /^(https?|wss?|ftp|file|data|blob|about|javascript):/;

/**
 * Origins of app shells and extensions, such as `capacitor://localhost` or `chrome-extension://<id>`: URL calls them
 * opaque, and browsers send scheme and host.
 */
const isAppOrigin = (text: string): boolean =>
  /^[a-z][a-z\d+.-]*:\/\/[\w.-]+(:\d{1,5})?$/.test(text) && !ofUrl.test(text);

/** Whether a text is an origin exactly as a browser serialises one (RFC 6454 section 6.2). URLs may have a `*` in the host: no site has. */
export const isOrigin = (text: string): boolean =>
  !text.includes("*") && (URL.parse(text)?.origin === text || isAppOrigin(text));

/**
 * The origin of an address as browsers write it: case, default ports and IPv6 go through URL. What URL would drop
 * without a word (`name@` in front of the host, a path behind it) would leave another site's origin: undefined.
 */
export function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url !== null && url.href === `${url.origin}/` && isOrigin(url.origin) ? url.origin : undefined;
}

/** A host as URLs have it: IPv6 in brackets. */
export const hostInUrl = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/** Said of HOST and PUBLIC_URL when they make no origin. */
export const noOriginAdvice =
  "from which no origin follows: give one host name or address, without a user, a path or *.";

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
