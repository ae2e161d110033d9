/**
 * No inline scripts or styles, nothing from other origins, no embedding in frames (Content Security Policy Level 3).
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  // Every browser supports it. Chromium delays the reports of `report-to` by a minute, or never sends them.
  "report-uri /realtime/csp-report",
].join("; ");

/** Headers of every response; HSTS only where the workbench is served over https (RFC 6797 section 7.2). */
export const securityHeaders = (overHttps: boolean): Readonly<Record<string, string>> => ({
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  ...(overHttps && { "strict-transport-security": "max-age=31536000; includeSubDomains" }),
});
