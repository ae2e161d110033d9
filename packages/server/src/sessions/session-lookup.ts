import { hash } from "node:crypto";
import { createBoundedMap } from "../core/bounded-map.ts";
import type {
  Clock,
  Credential,
  CredentialCarrier,
  Log,
  Session,
  SessionChange,
  SessionProblem,
  SessionSource,
} from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Debug } from "../observability/debug-log.ts";
import type { DependencyHealth } from "../observability/dependency-health.ts";
import type { Trace } from "../observability/tracing.ts";
import { checkCredential, checkSession, SourceFault } from "./check-session.ts";

/** A credential and the source that found it, for looking the session up again. */
export interface SessionHandle {
  readonly source: SessionSource;
  readonly credential: Credential;
  /** A hash of both, which identifies the handle. */
  readonly key: string;
}

/** A carrier of a credential, and the handle found earlier in headers that are no longer available. */
export interface Carrier extends CredentialCarrier {
  readonly known?: SessionHandle | undefined;
}

interface FoundSession {
  readonly handle: SessionHandle;
  readonly session: Session;
}

export interface SessionLookup {
  /**
   * Finds the session that a request or handshake belongs to.
   * @throws Refusal `session_*`, or `unavailable` when the source fails or does not answer in time
   */
  find(carrier: Carrier): Promise<FoundSession>;
  /**
   * Finds the credential, without looking anything up. The first source that finds one decides.
   * @throws Refusal `unavailable` when a source fails
   */
  locate(carrier: Carrier): SessionHandle | undefined;
  /**
   * Asks the source regardless of the cache, and replaces the cached answer. For live sockets after a change.
   * @throws Refusal `unavailable` as `find` does
   */
  fresh(handle: SessionHandle): Promise<Session | SessionProblem>;
  /** Removes the sessions concerned from the cache. An in-flight answer will not be cached. */
  invalidate(change: SessionChange): void;
  /** Clears the cache. */
  clear(): void;
}

interface SessionLookupOptions {
  readonly sources: readonly SessionSource[];
  readonly clock: Clock;
  /** Receives the result of each look-up. A refusal says only `unavailable`; the log has the cause. */
  readonly health: DependencyHealth;
  /** Each way in which a source violates its contract is logged here once. */
  readonly log: Pick<Log, "error">;
  /** Logs every look-up and its result; undefined when debug logging is off. */
  readonly debug?: Debug | undefined;
  /** Undefined without tracing. */
  readonly trace?: Trace | undefined;
  /** How long an answer is cached, including a negative one. 0 disables the cache. */
  readonly cacheMs: number;
  /** How long a source may take before the answer is `unavailable`. */
  readonly timeoutMs: number;
}

interface CacheEntry {
  readonly answer: Promise<Session | SessionProblem>;
  /** When to ask the source again. At the latest when the session expires: it may have been prolonged meanwhile. */
  until: number;
  /** Set when the answer arrives; used for invalidation. */
  session?: Session;
}

/** Maximum number of cached answers, so that a client that sends invalid credentials cannot exhaust memory. */
const maxEntries = 10_000;

/** The key of a credential. The value comes last, so that two different credentials never form the same text. */
const keyOf = (source: number, { kind, value }: Credential): string =>
  hash("sha256", `${source} ${kind} ${value}`, "base64url");

const outcomeOf = (found: Session | SessionProblem) =>
  typeof found === "string" ? { outcome: found } : { outcome: "found", session_ref: found.ref, user_id: found.userId };

export function createSessionLookup(options: SessionLookupOptions): SessionLookup {
  const { sources, clock, health, log, cacheMs, timeoutMs, debug, trace } = options;
  /** Keyed by a hash of the credential: a memory dump of this cache opens no session. */
  const cache = createBoundedMap<string, CacheEntry>(maxEntries);
  /** The subjects of contract violations that have been logged. */
  const faults = new Set<string>();
  let purging = false;

  function locate(carrier: Carrier): SessionHandle | undefined {
    const { known } = carrier;
    for (let index = 0; index < sources.length; index += 1) {
      const source = sources[index] as SessionSource;
      const credential = credentialIn(source, carrier);
      if (credential === undefined && known?.source === source) return known;
      if (credential === undefined) continue;
      const key = keyOf(index, credential);
      return known?.key === key ? known : { source, credential, key };
    }
    return undefined;
  }

  function credentialIn(source: SessionSource, carrier: Carrier): Credential | undefined {
    try {
      return checkCredential(source.credentialOf(carrier));
    } catch (error) {
      if (error instanceof SourceFault) logFault(error.subject, error);
      else logFault("credentialOf", error);
      throw new Refusal("unavailable", { hint: "The session source failed." });
    }
  }

  function logFault(subject: string, error: unknown): void {
    if (faults.has(subject)) return;
    faults.add(subject);
    const what = error instanceof SourceFault ? error.message : "`credentialOf` of a session source threw.";
    log.error({ err: error }, `${what} Such requests are refused as unavailable; this is logged once.`);
  }

  /** Concurrent look-ups of one credential share one call of the source. */
  function cached(handle: SessionHandle): Promise<Session | SessionProblem> {
    const known = cache.get(handle.key);
    return known !== undefined && known.until > clock.monotonic() ? known.answer : askAndKeep(handle);
  }

  function askAndKeep(handle: SessionHandle): Promise<Session | SessionProblem> {
    const answer = ask(handle);
    if (cacheMs === 0) return answer;
    const { key } = handle;
    const entry: CacheEntry = { answer, until: clock.monotonic() + cacheMs };
    cache.set(key, entry);
    purgeLater();
    const forget = (): void => {
      if (cache.get(key) === entry) cache.delete(key);
    };
    answer.then((found) => {
      if (typeof found === "string") return;
      entry.session = found;
      const leftMs = (found.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
      entry.until = Math.min(entry.until, clock.monotonic() + leftMs);
    }, forget);
    return answer;
  }

  /** Removes expired answers: most connections look their session up only once. */
  function purgeLater(): void {
    if (purging) return;
    purging = true;
    clock.after(cacheMs, () => {
      purging = false;
      const now = clock.monotonic();
      for (const [key, { until }] of cache) if (until <= now) cache.delete(key);
      if (cache.size > 0) purgeLater();
    });
  }

  function ask({ source, credential }: SessionHandle): Promise<Session | SessionProblem> {
    return new Promise((resolve, reject) => {
      let over = false;
      const cancel = clock.after(timeoutMs, () => {
        fail(new Refusal("unavailable", { hint: `The session source did not answer within ${timeoutMs} ms.` }));
      });
      const end = (): boolean => {
        if (over) return false;
        over = true;
        cancel();
        return true;
      };
      const succeed = (found: Session | SessionProblem): void => {
        if (!end()) return;
        health.answered();
        debug?.({ kind: credential.kind, ...outcomeOf(found) }, "Session looked up.");
        resolve(found);
      };
      const fail = (error: unknown): void => {
        if (!end()) return;
        const hint = error instanceof SourceFault ? error.message : "The session source failed.";
        const refusal = error instanceof Refusal ? error : new Refusal("unavailable", { hint });
        if (error instanceof SourceFault) logFault(error.subject, error);
        else if (refusal.code === "unavailable") health.failed(error);
        debug?.({ kind: credential.kind, outcome: refusal.code }, "Session not looked up.");
        reject(refusal);
      };
      // In an async function, because a source may throw before it returns a promise.
      const resolveSession = async () => checkSession(await source.resolve(credential));
      const asked = trace === undefined ? resolveSession() : trace("session look-up", {}, resolveSession);
      asked.then(succeed, fail);
    });
  }

  /** Checks the expiry, because not every source does. */
  const current = (found: Session | SessionProblem): Session | SessionProblem =>
    typeof found !== "string" && found.expiresAt !== null && found.expiresAt <= clock.now() ? "session_expired" : found;

  return {
    async find(carrier) {
      // Without a token there are only the headers, which were searched when they arrived.
      const handle = (carrier.token === undefined ? carrier.known : undefined) ?? locate(carrier);
      if (handle === undefined) throw new Refusal("session_missing", { hint: "No session cookie or token was sent." });
      const session = current(await cached(handle));
      if (typeof session === "string") throw new Refusal(session);
      return { handle, session };
    },
    fresh: async (handle) => current(await askAndKeep(handle)),
    invalidate({ ref, userId }) {
      for (const [key, { session }] of cache) {
        // An in-flight answer may predate the change, and a negative answer names no user: both are removed.
        if (session === undefined || session.ref === ref || session.userId === userId) cache.delete(key);
      }
    },
    clear: () => cache.clear(),
    locate,
  };
}
