import type { DiagnosisCode } from "./diagnosis.ts";

/**
 * For developers: the cause of each diagnosis, and the fix. Loaded in debug mode only, so that other pages need not
 * download it.
 */
export const hints: Readonly<Record<DiagnosisCode, string>> = {
  origin_refused:
    "The server is there, but does not accept this origin: name it in SOCKETIO_CORS_ORIGINS, or set PUBLIC_URL. Or it refused the preflight: something adds headers to the page's requests, such as baggage or sentry-trace.",
  not_signed_in: "No valid session came with the connection. Call sessionChanged() after signing in.",
  session_ended: "Logout, expiry, a ban, or a token of an earlier session.",
  token_unavailable:
    "The application's token() threw, rejected, took over 10 s, or gave no string: onProblem was told the error.",
  forbidden: "The role is not enough for this namespace.",
  rate_limited: "SIGNALBOX_CONNECT_RATE_PER_ADDRESS or SIGNALBOX_CONNECT_RATE_PER_USER was reached.",
  too_many_connections: "SIGNALBOX_MAX_CONNECTIONS_PER_USER was reached.",
  blocked: "Too much was refused to this user or address: see the security log. An administrator can lift it.",
  server_full: "SOCKETIO_MAX_CONNECTIONS was reached.",
  server_restarting: "The server announced that it drains.",
  server_down: "Nothing answers at the server's address, a gateway says so, or a part of the server is unavailable.",
  network_offline: "The browser reports that it has no network.",
  transport_blocked:
    "HTTP reaches the server but WebSocket does not: look at proxies, and at the Upgrade header they must pass on.",
  proxy_interference:
    "An answer came that is not Signalbox's, or that this page may not read: a captive portal, a rewriting proxy, a wrong address, or no CORS headers.",
  clock_or_certificate: "The server's certificate was not accepted. Browsers hide this; Node tells the reason.",
  timed_out: "No answer within SOCKETIO_TIMEOUT.",
  protocol_mismatch:
    "The server answers, but not as this client expects: check SOCKETIO_PATH, the versions, and sticky sessions.",
  connection_lost:
    "An open connection ended without a word: a network change, a crash, or a half-open connection that was found.",
  unknown: "None of the known causes; see the details.",
};
