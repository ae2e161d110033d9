/** Sessions of express-session and @fastify/session, with any of their stores. Requires neither package itself. */
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

/** The options of `session()` of express-session, and a function that finds the user of a session. */
export interface ExpressSessionOptions<Data extends object> {
  /** The store that is also passed to `session()`. */
  readonly store: SessionStore<Data>;
  /** As passed to `session()`. Of several, the first one signs and all are accepted. */
  readonly secret: string | readonly string[];
  /** Name of the cookie. Default `connect.sid`, like express-session's own; that of @fastify/session is `sessionId`. */
  readonly name?: string | undefined;
  /**
   * Returns the user who is signed in to a session; undefined or null for a visitor's session. It may look the user up,
   * if the session contains only an id.
   */
  userOf(session: NoInfer<Data>): FoundUser | Promise<FoundUser>;
}

/** The last known content of a session. */
interface Known {
  readonly sid: string;
  /** User and role; null for a visitor, undefined while a look-up is in flight. */
  identity: string | null | undefined;
  /** When the session ends, as last saved or touched by this process. */
  endsAt: number | null | undefined;
}

/**
 * Maximum number of sessions that this process has looked up and remembers. The sessions of live sockets are looked up
 * repeatedly, and stay. For an evicted session, a role change is detected only at the next look-up, and `revoke` does
 * not find it.
 */
const maxKnown = 10_000;

/**
 * Reads the sessions of express-session: its signed cookie, and its store.
 *
 * Its stores emit no events, so the adapter observes the store while it has a listener. It wraps the methods `destroy`,
 * `set`, `touch` and `clear`, and restores them when the last listener has gone. Some applications call `set` at every
 * request, so it is announced only when it changes the user or the role. A change by another process is detected when
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
    // Recorded before the store is asked, so that a change saved while the answer is in flight is announced.
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
    /** Finds only sessions that this process has looked up. Those of all its sockets are among them. */
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
 * The session id in a cookie: the id, a dot, and its HMAC-SHA-256 in Base64 without padding, all percent-encoded.
 * express-session prefixes it with `s:`; @fastify/session does so only if configured to. Undefined for any other text.
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
      // File stores return ENOENT for a missing session, and express-session treats it as missing.
      if (error && (error as NodeJS.ErrnoException).code !== "ENOENT") reject(error);
      else resolve(error ? undefined : (session ?? undefined));
    });
  });
}

/** Recognises any thenable: the queries of some libraries can be awaited but are not a `Promise`. */
const isThenable = (found: FoundUser | Promise<FoundUser>): found is Promise<FoundUser> =>
  typeof (found as Promise<FoundUser> | null | undefined)?.then === "function";

const identityOf = (user: FoundUser): string | null =>
  user === undefined || user === null ? null : JSON.stringify([user.userId, parseRole(user.role)]);

/** The data of express-session and @fastify/session in each session, as stores return it: dates may be texts. */
interface StoredCookie {
  readonly expires?: Date | string | null;
  readonly originalMaxAge?: number | null;
}

const cookieOf = (session: object): StoredCookie => (session as { cookie?: StoredCookie }).cookie ?? {};

function expiryOf(session: object): number | null {
  const { expires } = cookieOf(session);
  return expires ? new Date(expires).getTime() : null;
}

/** How long after its end a store may still return a session: stores round up to whole seconds. */
const roundedMs = 2000;

/**
 * The end of a session that a store with `touch` has just returned.
 *
 * Such a store keeps the end itself: a request moves it there, while the expiry in the stored session does not change
 * (connect-redis, connect-pg-simple). A returned session is alive, whatever its cookie says, just as for HTTP. If
 * another process has touched it, it ends at most one full `originalMaxAge` from now.
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
