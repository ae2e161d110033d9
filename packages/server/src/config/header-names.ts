/** Maximum number of names in SIGNALBOX_CORS_HEADERS. */
export const maxCorsHeaders = 50;

/** A header name (RFC 9110 section 5.6.2), except `*`: with credentials, browsers take it literally. */
export const isHeaderName = (text: string): boolean => text.length <= 64 && /^[\w!#$%&'+.^`|~-]+$/.test(text);
