import { createHash } from "node:crypto";

/** Names a session id or token without being usable as one: 96 bits of its SHA-256. */
export const sessionRef = (secret: string): string =>
  createHash("sha256").update(secret).digest("base64url").slice(0, 16);
