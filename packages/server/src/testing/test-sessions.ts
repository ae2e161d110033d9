import { createHash, randomUUID } from "node:crypto";
import type { Role, SessionEndReason } from "@signalbox/protocol";
import type { Session, SessionChange, SessionSource } from "../core/ports.ts";

/** A session source for tests: sessions are made and ended by calls, and every change is announced like a real one. */
export interface TestSessions extends SessionSource {
  /** Makes a session; `cookie` is the header value that opens it. */
  signIn(who: { userId: string; username?: string; role?: Role; expiresAt?: number }): TestSession;
  /** Ends one session, or all of a user's. */
  end(target: { ref?: string; userId?: string }, reason: SessionEndReason): void;
  /** Ends one session without announcing it. */
  forget(ref: string): void;
  setRole(userId: string, role: Role): void;
  /** The same without announcing it. */
  setRoleQuietly(userId: string, role: Role): void;
  /** Moves the end of a session without announcing it, as a rolling session does. */
  extend(ref: string, expiresAt: number): void;
  /** How often a session was looked up. */
  lookups(): number;
  /** Makes look-ups fail, or hang for good, until called with `ok`. */
  setHealth(health: "ok" | "failing" | "hanging"): void;
}

/** A session that a test has made. */
export interface TestSession {
  readonly cookie: string;
  readonly ref: string;
}

const cookieName = "test.sid";

/** Sessions in memory, empty at first. */
export function createTestSessions(): TestSessions {
  const sessions = new Map<string, Session>();
  const listeners = new Set<(change: SessionChange) => void>();
  let lookups = 0;
  let health: "ok" | "failing" | "hanging" = "ok";

  const announce = (change: SessionChange): void => {
    for (const listener of listeners) listener(change);
  };
  const update = (matches: (session: Session) => boolean, change: (session: Session) => Session | undefined): void => {
    for (const [token, session] of sessions) {
      if (!matches(session)) continue;
      const changed = change(session);
      if (changed === undefined) sessions.delete(token);
      else sessions.set(token, changed);
    }
  };

  function setRole(userId: string, role: Role): void {
    update(
      (session) => session.userId === userId,
      (session) => ({ ...session, role }),
    );
  }

  return {
    credentialOf({ headers, token }) {
      if (token !== undefined) return { kind: "bearer", value: token };
      const value = new RegExp(`(?:^|; )${cookieName}=([^;]*)`).exec(headers.cookie ?? "")?.[1];
      return value === undefined ? undefined : { kind: "cookie", value };
    },
    async resolve({ value }) {
      lookups += 1;
      if (health === "failing") throw new Error("The session store is down.");
      if (health === "hanging") return new Promise<never>(() => {});
      const session = sessions.get(value);
      if (session === undefined) return "session_invalid";
      if (session.expiresAt !== null && session.expiresAt <= Date.now()) return "session_expired";
      return session;
    },
    async revoke(ref) {
      const before = sessions.size;
      update(
        (session) => session.ref === ref,
        () => undefined,
      );
      return sessions.size < before;
    },
    watch(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    signIn({ userId, username = userId, role = "user", expiresAt }) {
      const token = randomUUID();
      const ref = createHash("sha256").update(token).digest("hex").slice(0, 16);
      sessions.set(token, { ref, userId, username, role, expiresAt: expiresAt ?? null });
      return { cookie: `${cookieName}=${token}`, ref };
    },
    end({ ref, userId }, reason) {
      update(
        (session) => session.ref === ref || session.userId === userId,
        () => undefined,
      );
      announce({ ...(ref !== undefined && { ref }), ...(userId !== undefined && { userId }), reason });
    },
    forget(ref) {
      update(
        (session) => session.ref === ref,
        () => undefined,
      );
    },
    setRole(userId, role) {
      setRole(userId, role);
      announce({ userId, reason: "role_changed" });
    },
    setRoleQuietly: setRole,
    extend(ref, expiresAt) {
      update(
        (session) => session.ref === ref,
        (session) => ({ ...session, expiresAt }),
      );
    },
    lookups: () => lookups,
    setHealth(next) {
      health = next;
    },
  };
}
