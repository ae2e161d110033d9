import type { Config } from "../config/settings.ts";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Csrf } from "./csrf.ts";
import { guestPrincipal, principalOf } from "./principal.ts";
import type { Carrier, SessionHandle, SessionLookup } from "./session-lookup.ts";

/** The principal of a connection or request. The handle is for looking the session up again, and null for a guest. */
export interface Identity {
  readonly principal: Principal;
  readonly handle: SessionHandle | null;
}

/** A socket that may be accepted as a guest. */
interface Visitor {
  readonly socketId: string;
  /** Whether its connection had a session: then the connection ends with the session, and does not become a guest's. */
  readonly wasSignedIn: boolean;
  /** Whether its namespace accepts guests. Other namespaces refuse an ended session with its own code. */
  readonly admitsGuests: boolean;
}

export interface Authenticator {
  /**
   * Identifies the sender of a request or handshake.
   * `csrf` is the token that came with it; `demandCsrf` is false for requests that change nothing.
   * @throws Refusal `session_*`, `csrf_invalid`, or `unavailable` when the session store does not answer in time.
   */
  identify(carrier: Carrier, csrf: unknown, demandCsrf: boolean): Promise<Identity>;
  /** Like `identify`, for a socket. Without a valid session it is a guest, where guests are allowed. */
  identifySocket(carrier: Carrier, csrf: unknown, visitor: Visitor): Promise<Identity>;
}

/**
 * Whether a refusal means that a credential opens no session. A page cannot remove a stale HttpOnly cookie, so its
 * visitor counts as one without a session. The `unavailable` of a failing session store does not mean that.
 */
export const opensNoSession = (error: unknown): boolean =>
  error instanceof Refusal && error.code.startsWith("session_");

const isMissing = (error: unknown): boolean => error instanceof Refusal && error.code === "session_missing";

/** Combines session look-up and CSRF protection, for sockets and HTTP alike. */
export function createAuthenticator(config: Config, lookup: SessionLookup, csrf: Csrf): Authenticator {
  async function identify(carrier: Carrier, token: unknown, demandCsrf: boolean): Promise<Identity> {
    const { session, handle } = await lookup.find(carrier);
    // Browsers attach cookies to requests that other sites start. Only the page itself can add a bearer token.
    if (
      demandCsrf &&
      config.csrfProtection &&
      handle.credential.kind === "cookie" &&
      !csrf.verify(token, session.ref)
    ) {
      throw new Refusal("csrf_invalid", {
        hint: "Send `csrf` of GET /realtime/client-config as `auth.csrf` (sockets) or in the header x-csrf-token (HTTP).",
      });
    }
    return { principal: principalOf(session), handle };
  }

  return {
    identify,
    async identifySocket(carrier, token, { socketId, wasSignedIn, admitsGuests }) {
      try {
        return await identify(carrier, token, true);
      } catch (error) {
        if (config.requireAuth || wasSignedIn || !opensNoSession(error)) throw error;
        if (!admitsGuests && !isMissing(error)) throw error;
        return { principal: guestPrincipal(socketId), handle: null };
      }
    },
  };
}
