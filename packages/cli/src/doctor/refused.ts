import type { RefusalMessage } from "@signalbox/protocol";
import { type Finding, fail } from "./finding.ts";

/** Explains a refusal to the server's operator, by its code. */
export function refused(what: string, { code, message, hint, retry_after_ms: waitMs }: RefusalMessage): Finding {
  const fixes: Readonly<Record<string, string>> = {
    rate_limited:
      "Wait, or raise SIGNALBOX_CONNECT_RATE_PER_ADDRESS and SIGNALBOX_CONNECT_RATE_PER_USER. Behind a proxy that TRUST_PROXY does not name all clients count as one.",
    too_many_connections: "Close other connections of this user, or raise SIGNALBOX_MAX_CONNECTIONS_PER_USER.",
    blocked: "An administrator can lift the block: see the security log for its cause.",
    server_full: "Raise SOCKETIO_MAX_CONNECTIONS, or add a node.",
    server_draining: "The server is being stopped: ask again when the next one is up.",
    unavailable: "A part that the server depends on fails: GET /readyz names it.",
    session_expired: "Sign in again and give the new cookie. How long a session lasts is the application's setting.",
    session_invalid: "Give the whole cookie of a page that is signed in: the server finds no session by this one.",
    session_missing: "Give the cookie of a page that is signed in with --cookie, or a bearer token with --token.",
    csrf_invalid: "Send `csrf` of client-config as `auth.csrf`, and read it anew after signing in.",
    origin_refused: "Set PUBLIC_URL, or name the origin in SOCKETIO_CORS_ORIGINS.",
  };
  const wait = waitMs === undefined ? "" : ` It may be tried again in ${Math.ceil(waitMs / 1000)} s.`;
  const said = hint === undefined ? "" : ` The server says: ${hint}`;
  return fail(
    `${what} is refused: ${code}. ${message}${wait}`,
    `${fixes[code] ?? "docs/errors.md says what causes it."}${said}`,
  );
}
