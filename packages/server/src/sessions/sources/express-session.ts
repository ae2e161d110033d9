/** Sessions of express-session and @fastify/session, whatever store they are kept in. Needs neither package itself. */
import { createHmac } from "node:crypto";
import { parseRole } from "@signalbox/protocol";
import { createBoundedMap } from "../../core/bounded-map.ts";
import type { Session, SessionProblem, SessionSource } from "../../core/ports.ts";
import { equal } from "../csrf.ts";
import { decodeCookie, readCookie } from "./cookie.ts";
import { observeStore, type SessionStore } from "./express-store-watch.ts";
import { createListenerSet } from "./listener-set.ts";
import { sessionRef } from "./session-ref.ts";
import type { SessionUser } from "./session-user.ts";

export type { SessionStore } from "./express-store-watch.ts";

type FoundUser = SessionUser | null | undefined;

/** What `session()` of express-session was given, and whom a session belongs to. */
export interface ExpressSessionOptions<Data extends object> {
  /** The store that is also given to `session()`. */
  readonly store: SessionStore<Data>;
  /** As given to `session()`: with several, the first signs and all are accepted. */
  readonly secret: string | readonly string[];
  /** Name of the cookie. Default `connect.sid`, like express-session's own; that of @fastify/session is `sessionId`. */
  readonly name?: string | undefined;
  /**
   * Who is signed in to a session; undefined or null for a visitor's session. May look the user up first, where the
   * session holds no more than an id.
   */
  userOf(session: NoInfer<Data>): FoundUser | Promise<FoundUser>;
}

/** What was last found in a session. */
interface Known {
  readonly sid: string;
  /** User and role; null for a visitor, undefined while a look-up is on its way. */
  identity: string | null | undefined;
  /** When it ends, as it was last saved or touched by this process. */
  endsAt: number | null | undefined;
}

/**
 * Sessions that this process has looked up; those of live sockets are looked up again and again, and stay. Of one that
 * was crowded out, a change of role is seen at the next look-up only, and `revoke` does not know it.
 */
const maxKnown = 10_000;

/**
 * Reads the sessions of express-session: its signed cookie, and its store.
 *
 * Its stores announce nothing, so the adapter observes the store while it has a listener: its methods `destroy`, `set`, `touch` and
 * `clear` are wrapped, and put back when the last listener has gone. `set` runs at every request of some applications and is
 * announced only when it changes who is signed in, or the role. What another process does to the store is seen when
 * the session is next looked up (SIGNALBOX_SESSION_RECHECK).
 */
export function expressSessions<Data extends object>(options: ExpressSessionOptions<Data>): SessionSource {
  const { store, name = "connect.sid", userOf } = options;
  const secrets = [options.secret].flat();
  const known = createBoundedMap<string, Known>(maxKnown);
  /** Sessions that `revoke` is about to destroy. */
  const revoking = new Set<string>();
  const announcer = createListenerSet(() => observeStore(store, { destroyed, saved, touched, cleared }));

  function destroyed(sid: string): void {
    const ref = sessionRef(sid);
    known.delete(ref);
    announcer.announce({ ref, reason: revoking.has(sid) ? "revoked" : "signed_out" });
  }

  function saved(sid: string, session: Data): void {
    const ref = sessionRef(sid);
    if (!known.has(ref)) return;
    touched(sid, session);
    try {
      const user = userOf(session);
      if (isThenable(user)) user.then(compare, lookAgain);
      else compare(user);
    } catch {
      lookAgain();
    }

    function compare(user: FoundUser): void {
      const before = known.get(ref);
      const identity = identityOf(user);
      if (before === undefined || before.identity === identity) return;
      before.identity = identity;
      announcer.announce({ ref, reason: identity === null ? "signed_out" : "role_changed" });
    }

    /** The change is unknown, so the session is looked up again. */
    function lookAgain(): void {
      announcer.announce({ ref, reason: "role_changed" });
    }
  }

  function touched(sid: string, session: Data): void {
    const entry = known.get(sessionRef(sid));
    if (entry !== undefined) entry.endsAt = expiryOf(session);
  }

  function cleared(): void {
    const refs = [...known.keys()];
    known.clear();
    for (const ref of refs) announcer.announce({ ref, reason: "signed_out" });
  }

  async function lookUp(sid: string): Promise<Session | SessionProblem> {
    const ref = sessionRef(sid);
    const entry: Known = { sid, identity: undefined, endsAt: known.get(ref)?.endsAt };
    // Noted before the store is asked: a change that is saved while its answer is on the way is then announced.
    known.delete(ref);
    known.set(ref, entry);
    const session = await load(store, sid);
    if (session === undefined) {
      known.delete(ref);
      return "session_invalid";
    }
    const user = await userOf(session);
    entry.identity = identityOf(user);
    if (user === undefined || user === null) return "session_missing";
    const expiresAt = store.touch === undefined ? expiryOf(session) : endOf(session, entry.endsAt);
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
 * The session id in a cookie: the id, a dot, and its HMAC-SHA-256 in Base64 without padding; all of it percent-encoded.
 * express-session writes `s:` before it, @fastify/session does not unless it is told to. Undefined for anything else.
 */
function unsign(cookie: string, secrets: readonly string[]): string | undefined {
  const text = decodeCookie(cookie)?.replace(/^s:/, "");
  const dot = text?.lastIndexOf(".") ?? -1;
  if (text === undefined || dot < 1) return undefined;
  const sid = text.slice(0, dot);
  const signature = text.slice(dot + 1);
  const signed = secrets.some((secret) => equal(signature, sign(sid, secret)));
  return signed ? sid : undefined;
}

const sign = (sid: string, secret: string): string =>
  createHmac("sha256", secret).update(sid).digest("base64").replace(/=+$/, "");

function load<Data extends object>(store: SessionStore<Data>, sid: string): Promise<Data | undefined> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error, session) => {
      // Stores on files answer ENOENT for a session that is not there, and express-session takes it for that.
      if (error && (error as NodeJS.ErrnoException).code !== "ENOENT") reject(error);
      else resolve(error ? undefined : (session ?? undefined));
    });
  });
}

/** Not every promise is a Promise: queries of some libraries are awaited as well. */
const isThenable = (found: FoundUser | Promise<FoundUser>): found is Promise<FoundUser> =>
  typeof (found as Promise<FoundUser> | null | undefined)?.then === "function";

const identityOf = (user: FoundUser): string | null =>
  user === undefined || user === null ? null : JSON.stringify([user.userId, parseRole(user.role)]);

/** What express-session and @fastify/session keep in each session, as stores give it back: dates as text, too. */
interface StoredCookie {
  readonly expires?: Date | string | null;
  readonly originalMaxAge?: number | null;
}

const cookieOf = (session: object): StoredCookie => (session as { cookie?: StoredCookie }).cookie ?? {};

function expiryOf(session: object): number | null {
  const { expires } = cookieOf(session);
  return expires ? new Date(expires).getTime() : null;
}

/** For how long after its end a store may still have a session: stores round up to whole seconds. */
const roundedMs = 2000;

/**
 * When a session ends that a store with `touch` has just given back.
 *
 * Such a store keeps the time itself: a request moves the end of its session there, while the expiry in the
 * stored session stays as it was (connect-redis, connect-pg-simple). What it gives back is alive, whatever
 * its cookie says, just as it is for HTTP; if another process has touched it, its end is at most a full age away.
 */
function endOf(session: object, touchedUntil: number | null | undefined): number | null {
  const stored = expiryOf(session);
  if (stored === null) return null;
  const latest = Math.max(stored, touchedUntil ?? 0);
  const now = Date.now();
  if (latest > now) return latest;
  if (now - latest < roundedMs) return now + roundedMs / 2;
  const { originalMaxAge } = cookieOf(session);
  return typeof originalMaxAge === "number" ? now + originalMaxAge : stored;
}
