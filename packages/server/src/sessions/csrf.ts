import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";

/** Issues and verifies tokens which prove that a request comes from a page that can read responses of the server. */
export interface Csrf {
  issue(sessionRef: string): string;
  /** False for any value except a token issued for this session. Never throws, whatever a client sends. */
  verify(token: unknown, sessionRef: string): boolean;
}

/** Part of the signed data, so that a signature made with the same key for another purpose is not a valid token. */
const purpose = "signalbox csrf";

/**
 * Stateless CSRF tokens, bound to a session by HMAC-SHA-256 over the session and a nonce
 * (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie": the HMAC pattern).
 * @param secret - at least 32 characters, the same on every node
 */
export function createCsrf(secret: string): Csrf {
  const key = createSecretKey(secret, "utf8");
  const sign = (sessionRef: string, nonce: string): Buffer =>
    // JSON, so that two different pairs of session and nonce never form the same text.
    createHmac("sha256", key)
      .update(JSON.stringify([purpose, sessionRef, nonce]))
      .digest();

  return {
    issue(sessionRef) {
      const nonce = randomBytes(16).toString("base64url");
      return `${nonce}.${sign(sessionRef, nonce).toString("base64url")}`;
    },
    verify(token, sessionRef) {
      if (typeof token !== "string") return false;
      const [nonce = "", signature = "", ...rest] = token.split(".");
      const given = Buffer.from(signature, "base64url");
      const expected = sign(sessionRef, nonce);
      // The length is not secret, and `timingSafeEqual` throws if it differs. The signature is also compared as text,
      // because several texts decode to the same bytes.
      if (rest.length > 0 || given.length !== expected.length || given.toString("base64url") !== signature)
        return false;
      return timingSafeEqual(given, expected);
    },
  };
}

/** Compares in constant time. Hashing first makes the lengths equal: `timingSafeEqual` throws if they differ. */
export function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
