import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Tokens that prove that a request was made by a page which could read an answer of ours. */
export interface Csrf {
  issue(sessionRef: string): string;
  /** False for anything but a token issued for this session; never throws, whatever a client sends. */
  verify(token: unknown, sessionRef: string): boolean;
}

/** So that the same key can sign other things without one passing for the other. */
const purpose = "signalbox csrf";

/**
 * Stateless CSRF tokens, bound to a session by HMAC-SHA-256 over the session and a nonce
 * (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie": the HMAC pattern).
 * @param secret - at least 32 characters, the same on every node
 */
export function createCsrf(secret: string): Csrf {
  const sign = (sessionRef: string, nonce: string): string =>
    // As JSON, so that no session and nonce run together into the text of another pair.
    createHmac("sha256", secret)
      .update(JSON.stringify([purpose, sessionRef, nonce]))
      .digest("base64url");

  return {
    issue(sessionRef) {
      const nonce = randomBytes(16).toString("base64url");
      return `${nonce}.${sign(sessionRef, nonce)}`;
    },
    verify(token, sessionRef) {
      if (typeof token !== "string") return false;
      const [nonce = "", signature = "", ...rest] = token.split(".");
      return rest.length === 0 && equal(signature, sign(sessionRef, nonce));
    },
  };
}

/** In constant time; hashing first makes the lengths equal, without which `timingSafeEqual` throws. */
export function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
