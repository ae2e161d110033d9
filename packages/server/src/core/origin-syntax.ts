/** Schemes whose origins `URL` computes, and schemes without an origin: pages of `file:` and `data:` send `null`. */
const ofUrl = /^(https?|wss?|ftp|file|data|blob|about|javascript):/;

/**
 * Whether a text is the origin of an app shell or extension, such as `capacitor://localhost` or
 * `chrome-extension://<id>`. `URL` treats these origins as opaque, but browsers send scheme and host.
 */
const isAppOrigin = (text: string): boolean =>
  /^[a-z][a-z\d+.-]*:\/\/[\w.-]+(:\d{1,5})?$/.test(text) && !ofUrl.test(text);

/**
 * Whether a text is an origin exactly as a browser serialises one (RFC 6454 section 6.2). `URL` accepts a `*` in the
 * host, but no site has one.
 */
export const isOrigin = (text: string): boolean =>
  !text.includes("*") && (URL.parse(text)?.origin === text || isAppOrigin(text));

/**
 * The origin of an address as browsers write it: `URL` normalises case, default ports and IPv6. Undefined for an
 * address with parts that `URL` drops silently (`name@` before the host, a path after it): what remains would be
 * another site's origin.
 */
export function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url !== null && url.href === `${url.origin}/` && isOrigin(url.origin) ? url.origin : undefined;
}

/** A host in the form that URLs require: IPv6 in brackets. */
export const hostInUrl = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/** End of the error message when HOST or PUBLIC_URL makes no origin. */
export const noOriginAdvice =
  "from which no origin follows: give one host name or address, without a user, a path or *.";

/** The texts before and after a subdomain in an origin. */
export interface SubdomainPattern {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Splits `https://*.example.com` into prefix and suffix; undefined for anything else. A rule may have a `*` nowhere
 * else: `https://*:5000` or `https://app.*.com` would allow any site whose owner rents a host.
 */
export function subdomainPattern(rule: string): SubdomainPattern | undefined {
  const [, prefix = "", suffix = ""] = /^(https?:\/\/)\*(\..+)$/.exec(rule) ?? [];
  return isOrigin(`${prefix}subdomain${suffix}`) ? { prefix, suffix } : undefined;
}

/** Whether SOCKETIO_CORS_ORIGINS may contain a text: an origin, `https://*.host` for subdomains, `null`, or `*`. */
export const isOriginRule = (text: string): boolean =>
  text === "*" || text === "null" || isOrigin(text) || subdomainPattern(text) !== undefined;
