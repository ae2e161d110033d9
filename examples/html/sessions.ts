/** Sessions of the application's own: a cookie, and a map. Anything that implements `SessionSource` will do. */
import { createHash, randomUUID } from "node:crypto";
import type { Session, SessionChange, SessionSource } from "@signalbox/server";

const cookieName = "session";
const dayMs = 86_400_000;
const known = new Map<string, Session>();
const listeners = new Set<(change: SessionChange) => void>();

const idOf = (cookies: string | undefined): string | undefined =>
  new RegExp(`(?:^|; )${cookieName}=([\\w-]{36})(?:;|$)`).exec(cookies ?? "")?.[1];

export const sessions: SessionSource = {
  credentialOf({ headers }) {
    const value = idOf(headers.cookie);
    return value === undefined ? undefined : { kind: "cookie", value };
  },
  resolve: async ({ value }) => known.get(value) ?? "session_invalid",
  watch(onChange) {
    listeners.add(onChange);
    return () => listeners.delete(onChange);
  },
};

/** Returns the cookie to set. */
export function signIn(name: string): string {
  const id = randomUUID();
  const ref = createHash("sha256").update(id).digest("hex").slice(0, 16);
  known.set(id, { ref, userId: name, username: name, role: "user", expiresAt: Date.now() + dayMs });
  return `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
}

export function signOut(cookies: string | undefined): void {
  const id = idOf(cookies);
  const session = id === undefined ? undefined : known.get(id);
  if (id === undefined || session === undefined) return;
  known.delete(id);
  for (const tell of listeners) tell({ ref: session.ref, reason: "signed_out" });
}
