/** SIGNALBOX_CORS_HEADERS may name so many. */
export const maxCorsHeaders = 50;

/** A header's name (RFC 9110 section 5.6.2), and not `*`, which browsers take literally beside credentials. */
export const isHeaderName = (text: string): boolean => text.length <= 64 && /^[\w!#$%&'+.^`|~-]+$/.test(text);
