import type { SessionChange, SessionSource } from "@signalbox/server";

/** Sessions that exist without a sign-in, and that can be ended. */
export interface OpenSessions extends SessionSource {
  end(ref: string): void;
  /** How often one was looked up. */
  lookups(): number;
}

/**
 * Accepts every client as the user in its cookie, `user=ada` or `user=ada~2` for another session, also after a restart.
 */
export function createOpenSessions(): OpenSessions {
  const ended = new Set<string>();
  const listeners = new Set<(change: SessionChange) => void>();
  let lookups = 0;

  return {
    credentialOf({ headers }) {
      const value = /(?:^|; )user=([^;]*)/.exec(headers.cookie ?? "")?.[1];
      return value === undefined ? undefined : { kind: "cookie", value };
    },
    async resolve({ value }) {
      lookups += 1;
      if (ended.has(value)) return "session_revoked";
      const [userId = ""] = value.split("~");
      return { ref: value, userId, username: userId, role: "user", expiresAt: null };
    },
    watch(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    end(ref) {
      ended.add(ref);
      for (const listener of listeners) listener({ ref, reason: "revoked" });
    },
    lookups: () => lookups,
  };
}
