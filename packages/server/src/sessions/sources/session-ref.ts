import { createHash } from "node:crypto";

/** Identifies a session id or token, but cannot be used as one: 96 bits of its SHA-256. */
export const sessionRef = (secret: string): string =>
  createHash("sha256").update(secret).digest("base64url").slice(0, 16);
