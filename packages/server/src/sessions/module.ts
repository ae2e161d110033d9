import type { IncomingHttpHeaders } from "node:http";
import type { AppContext } from "../app/app-context.ts";
import { defineTopic } from "../core/message-bus.ts";
import type { SessionChange, SessionSource } from "../core/ports.ts";
import { createAmbientCredentialCheck } from "./ambient-credential.ts";
import { type Authenticator, createAuthenticator } from "./authenticator.ts";
import { checkChange, checkUnwatch } from "./check-session.ts";
import { type Csrf, createCsrf } from "./csrf.ts";
import { createSessionLookup, type SessionLookup } from "./session-lookup.ts";

/** Published when a session, or the rights of a user, may have changed. */
export const sessionChanged = defineTopic<SessionChange>("session_changed");

/**
 * Share of SIGNALBOX_CONNECT_TIMEOUT that a session look-up may take. With all of it, the server would close the
 * connection for being in no namespace before its client receives `unavailable`.
 */
const lookupShare = 0.8;

export interface Sessions {
  readonly sources: readonly SessionSource[];
  readonly lookup: SessionLookup;
  readonly authenticator: Authenticator;
  readonly csrf: Csrf;
  /** Whether a request carries a credential that browsers attach by themselves. */
  hasAmbientCredential(headers: IncomingHttpHeaders): boolean;
  /**
   * Applies a change on every node. Resolves when the sockets of this node reflect it.
   * @throws TypeError when the change names no session and no user
   */
  changed(change: SessionChange): Promise<void>;
}

export function createSessions(app: AppContext, sources: readonly SessionSource[]): Sessions {
  const { config, clock, log, bus, lifecycle, trace } = app;
  const csrf = createCsrf(config.secret);
  const lookup = createSessionLookup({
    sources,
    clock,
    log,
    trace,
    debug: app.debug("sessions"),
    health: app.dependencies.watch("sessions", "session store"),
    cacheMs: config.sessionCache,
    timeoutMs: config.connectTimeout * 1000 * lookupShare,
  });

  const changed = async (change: SessionChange): Promise<void> => bus.publish(sessionChanged, checkChange(change));
  const onSourceChanged = (change: SessionChange): void => {
    changed(change).catch((error: unknown) => log.error({ err: error }, "A session change was not applied."));
  };
  const unwatch = sources.map((source) => checkUnwatch(source.watch?.(onSourceChanged)));
  lifecycle.onClose(() => {
    for (const stop of unwatch) stop?.();
  });

  return {
    sources,
    lookup,
    csrf,
    authenticator: createAuthenticator(config, lookup, csrf),
    hasAmbientCredential: createAmbientCredentialCheck(sources),
    changed,
  };
}
