import type { RefusalCode, SecurityEventType } from "@signalbox/protocol";

/** The refusals that are recorded in the security log, with their event types. The others are ordinary responses. */
const types: Partial<Record<RefusalCode, SecurityEventType>> = {
  origin_refused: "origin_refused",
  session_missing: "auth_failed",
  session_invalid: "auth_failed",
  session_expired: "auth_failed",
  session_revoked: "auth_failed",
  csrf_invalid: "csrf_failed",
  forbidden: "admin_denied",
  rate_limited: "rate_limited",
  blocked: "blocked",
  too_many_connections: "connection_cap",
  server_full: "connection_cap",
  event_unknown: "event_unknown",
  payload_invalid: "payload_invalid",
  payload_too_large: "payload_too_large",
  room_forbidden: "room_denied",
  task_not_found: "task_denied",
};

/** The security event type of a refusal, or undefined when it is not a security event. */
export const securityTypeOf = (code: RefusalCode): SecurityEventType | undefined => types[code];
