/** Whether a text is an origin exactly as a browser serialises one (RFC 6454 section 6.2). */
export const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text;

/** What SOCKETIO_CORS_ORIGINS may hold: an origin, `https://*.host` for subdomains, `null`, or `*`. */
export function isOriginRule(text: string): boolean {
  if (text === "*" || text === "null") return true;
  return isOrigin(text.replace(/^(https?:\/\/)\*\./, "$1subdomain."));
}
