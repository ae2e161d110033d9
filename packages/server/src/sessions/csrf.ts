import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";

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
  const key = createSecretKey(secret, "utf8");
  const sign = (sessionRef: string, nonce: string): Buffer =>
    // As JSON, so that no session and nonce run together into the text of another pair.
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
      // The length is no secret; `timingSafeEqual` throws where it differs. Several texts decode to the same bytes.
      if (rest.length > 0 || given.length !== expected.length || given.toString("base64url") !== signature)
        return false;
      return timingSafeEqual(given, expected);
    },
  };
}

/** In constant time; hashing first makes the lengths equal, without which `timingSafeEqual` throws. */
export function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
