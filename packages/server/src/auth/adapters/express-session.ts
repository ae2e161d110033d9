/** Sessions of express-session, whatever store they are kept in. Needs express-session itself for its types only. */
import { createHmac } from "node:crypto";
import { parseRole } from "@signalbox/protocol";
import type { SessionData, Store } from "express-session";
import { createBoundedMap } from "../../limits/bounded-map.ts";
import type { Session, SessionProblem, SessionSource } from "../../ports.ts";
import { equal } from "../csrf.ts";
import { createAnnouncer } from "./announcer.ts";
import { decodeCookie, readCookie } from "./cookie.ts";
import { observeStore } from "./express-store-watch.ts";
import type { SessionUser } from "./session-user.ts";
import { shortHash } from "./short-hash.ts";

/** What `session()` of express-session was given, and whom a session belongs to. */
export interface ExpressSessionOptions {
  /** The store that is also given to `session()`. */
  readonly store: Store;
  /** As given to `session()`: with several, the first signs and all are accepted. */
  readonly secret: string | readonly string[];
  /** Name of the cookie. Default `connect.sid`, like express-session's own. */
  readonly name?: string | undefined;
  /** Who is signed in to a session; undefined for a visitor's session. */
  userOf(session: SessionData): SessionUser | undefined;
}

/** What was last found in a session. */
interface Known {
  readonly sid: string;
  /** User and role; null for a visitor, undefined while a look-up is on its way. */
  identity: string | null | undefined;
}

/**
 * Sessions that this process has looked up; those of live sockets are looked up again and again, and stay. Of one that
 * was crowded out, a change of role is seen at the next look-up only, and `revoke` does not know it.
 */
const maxKnown = 10_000;

/**
 * Reads the sessions of express-session: its signed cookie, and its store.
 *
 * Its stores announce nothing, so the store is observed while somebody watches: its methods `destroy`, `set` and `clear`
 * are wrapped, and put back when the last listener has gone. `set` runs at every request of some applications and is
 * announced only when it changes who is signed in, or the role. What another process does to the store is seen when
 * the session is next looked up (SIGNALBOX_SESSION_RECHECK).
 */
export function expressSessions(options: ExpressSessionOptions): SessionSource {
  const { store, name = "connect.sid", userOf } = options;
  const secrets = [options.secret].flat();
  const known = createBoundedMap<string, Known>(maxKnown);
  /** Sessions that `revoke` is about to destroy. */
  const revoking = new Set<string>();
  const announcer = createAnnouncer(() => observeStore(store, { destroyed, saved, cleared }));

  function destroyed(sid: string): void {
    const ref = shortHash(sid);
    known.delete(ref);
    announcer.announce({ ref, reason: revoking.has(sid) ? "revoked" : "signed_out" });
  }

  function saved(sid: string, session: SessionData): void {
    const ref = shortHash(sid);
    const before = known.get(ref);
    const user = userOf(session);
    const identity = identityOf(user);
    if (before === undefined || before.identity === identity) return;
    before.identity = identity;
    announcer.announce({ ref, reason: user === undefined ? "signed_out" : "role_changed" });
  }

  function cleared(): void {
    const refs = [...known.keys()];
    known.clear();
    for (const ref of refs) announcer.announce({ ref, reason: "signed_out" });
  }

  async function lookUp(sid: string): Promise<Session | SessionProblem> {
    const ref = shortHash(sid);
    const entry: Known = { sid, identity: undefined };
    // Noted before the store is asked: a change that is saved while its answer is on the way is then announced.
    known.delete(ref);
    known.set(ref, entry);
    const session = await load(store, sid);
    if (session === undefined) {
      known.delete(ref);
      return "session_invalid";
    }
    const user = userOf(session);
    entry.identity = identityOf(user);
    if (user === undefined) return "session_missing";
    const expiresAt = expiryOf(session);
    return { ref, userId: user.userId, username: user.username, role: parseRole(user.role), expiresAt };
  }

  return {
    credentialOf({ headers }) {
      const value = readCookie(headers, name);
      return value === undefined ? undefined : { kind: "cookie", value };
    },
    async resolve({ value }) {
      const sid = unsign(value, secrets);
      return sid === undefined ? "session_invalid" : lookUp(sid);
    },
    /** Knows the sessions that this process has looked up, as those of all its sockets are. */
    async revoke(ref) {
      const sid = known.get(ref)?.sid;
      if (sid === undefined) return false;
      revoking.add(sid);
      try {
        await new Promise<void>((resolve, reject) => {
          store.destroy(sid, (error?: unknown) => (error ? reject(error) : resolve()));
        });
      } finally {
        revoking.delete(sid);
      }
      return true;
    },
    watch: announcer.watch,
  };
}

/**
 * The session id in a cookie as express-session writes it: `s:`, the id, a dot, and its HMAC-SHA-256 in Base64 without
 * padding; all of it percent-encoded. Undefined for anything else.
 */
function unsign(cookie: string, secrets: readonly string[]): string | undefined {
  const text = decodeCookie(cookie);
  if (text === undefined || !text.startsWith("s:")) return undefined;
  const dot = text.lastIndexOf(".");
  if (dot < 0) return undefined;
  const sid = text.slice("s:".length, dot);
  const signature = text.slice(dot + 1);
  const signed = secrets.some((secret) => equal(signature, sign(sid, secret)));
  return signed ? sid : undefined;
}

const sign = (sid: string, secret: string): string =>
  createHmac("sha256", secret).update(sid).digest("base64").replace(/=+$/, "");

function load(store: Store, sid: string): Promise<SessionData | undefined> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error: NodeJS.ErrnoException | null | undefined, session) => {
      // Stores on files answer ENOENT for a session that is not there, and express-session takes it for that.
      if (error && error.code !== "ENOENT") reject(error);
      else resolve(error ? undefined : (session ?? undefined));
    });
  });
}

const identityOf = (user: SessionUser | undefined): string | null =>
  user === undefined ? null : JSON.stringify([user.userId, parseRole(user.role)]);

/** Stores give the date back as they keep it: as a Date, or as a text. */
function expiryOf({ cookie }: SessionData): number | null {
  const { expires } = cookie;
  return expires ? new Date(expires).getTime() : null;
}
