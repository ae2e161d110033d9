import type { IncomingHttpHeaders } from "node:http";

/** Browsers store no larger cookie (RFC 6265 section 6.1). A longer one does not come from a browser. */
const maxLength = 4096;

/**
 * Reads one cookie, as it was sent. Undefined when there is none. Empty, which opens no session, when the value is too
 * long or the name occurs more than once: a neighbouring subdomain can plant a second cookie of the same name, and the
 * header does not say which one the application set.
 */
export function readCookie({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const values = cookie
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  if (value === undefined) return undefined;
  return values.length > 1 || value.length > maxLength ? "" : value;
}

/** Decodes percent-encoding; undefined when it is malformed. */
export function decodeCookie(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
