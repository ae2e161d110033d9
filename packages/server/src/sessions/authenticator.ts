import type { Config } from "../config/settings.ts";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Csrf } from "./csrf.ts";
import { guestPrincipal, principalOf } from "./principal.ts";
import type { Carrier, SessionHandle, SessionLookup } from "./session-lookup.ts";

/** Who connects or asks; the handle is for looking the session up again, and null for a guest. */
export interface Identity {
  readonly principal: Principal;
  readonly handle: SessionHandle | null;
}

/** A socket that may turn out to be a guest's. */
interface Visitor {
  readonly socketId: string;
  /** Whether a session was live on its connection: then the connection ends with it, and does not go on as a guest's. */
  readonly wasSignedIn: boolean;
  /** Whether its namespace lets guests in: elsewhere an ended session is told as what it is. */
  readonly admitsGuests: boolean;
}

export interface Authenticator {
  /**
   * Finds who sends a request or handshake.
   * `csrf` is the token that came with it; `demandCsrf` is false for requests that change nothing.
   * @throws Refusal `session_*`, `csrf_invalid`, or `unavailable` when the session store does not answer in time.
   */
  identify(carrier: Carrier, csrf: unknown, demandCsrf: boolean): Promise<Identity>;
  /** As `identify`, for a socket: without a valid session it is a guest, where guests are allowed. */
  identifySocket(carrier: Carrier, csrf: unknown, visitor: Visitor): Promise<Identity>;
}

/**
 * Whether a refusal says that a credential opens no session. A page cannot remove a stale HttpOnly cookie, so its visitor
 * is one without a session. A session store that is down says nothing of the kind.
 */
export const opensNoSession = (error: unknown): boolean =>
  error instanceof Refusal && error.code.startsWith("session_");

const isMissing = (error: unknown): boolean => error instanceof Refusal && error.code === "session_missing";

/** Joins session look-up and CSRF protection into the one way of authenticating sockets and HTTP alike. */
export function createAuthenticator(config: Config, lookup: SessionLookup, csrf: Csrf): Authenticator {
  async function identify(carrier: Carrier, token: unknown, demandCsrf: boolean): Promise<Identity> {
    const { session, handle } = await lookup.find(carrier);
    // Browsers attach cookies to what other sites start; a bearer token has to be put there by the page itself.
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
