import type { Role } from "@signalbox/protocol";
import type { Session, SessionSource } from "@signalbox/server";
import { everybody } from "../bait.ts";

interface BaitSessions extends SessionSource {
  /** User and role of each, by the session's name. */
  all(): Record<string, string>;
  /** What was revoked since the last time; each is valid again from now on. */
  takeRevoked(): string[];
}

/** Sessions with tokens that are known beforehand: in a cookie, in an Authorization header, or in the handshake. */
export function createBaitSessions(): BaitSessions {
  const valid = new Map<string, Session>();
  let revoked: string[] = [];
  const restore = (): void => {
    for (const { token, ref, userId, role } of everybody) {
      if (!valid.has(token)) valid.set(token, { ref, userId, username: userId, role: role as Role, expiresAt: null });
    }
  };
  restore();

  return {
    credentialOf({ headers, token }) {
      const bearer = token ?? /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
      if (bearer !== undefined) return { kind: "bearer", value: bearer };
      const cookie = /(?:^|; )fuzz\.sid=([^;]*)/.exec(headers.cookie ?? "")?.[1];
      return cookie === undefined ? undefined : { kind: "cookie", value: cookie };
    },
    resolve: async ({ value }) => valid.get(value) ?? "session_invalid",
    async revoke(ref) {
      const found = [...valid].find(([, session]) => session.ref === ref);
      if (found === undefined) return false;
      revoked.push(ref);
      return valid.delete(found[0]);
    },
    all: () => Object.fromEntries([...valid.values()].map(({ ref, userId, role }) => [ref, `${userId} ${role}`])),
    takeRevoked() {
      const taken = revoked;
      revoked = [];
      restore();
      return taken;
    },
  };
}
