/** Kinds of entry in the security log. */
export const securityEventTypes = [
  "origin_refused",
  "auth_failed",
  "sign_in_failed",
  "session_revoked",
  "csrf_failed",
  "admin_denied",
  "rate_limited",
  "connection_cap",
  "payload_invalid",
  "payload_too_large",
  "event_unknown",
  "room_denied",
  "task_denied",
  "banned",
  "blocked",
  "csp_violation",
  "admin_action",
] as const;
/** The kind of an entry in the security log. */
export type SecurityEventType = (typeof securityEventTypes)[number];

/** Severities of the security log, lowest first. */
export const severities = ["info", "low", "medium", "high"] as const;
/** One of `severities`. */
export type Severity = (typeof severities)[number];

/** One entry of the security log. Repeated entries are folded: `count` is the number of events it stands for. */
export interface SecurityEvent {
  id: string;
  /** ISO 8601 in UTC: when the first of the folded events happened. */
  at: string;
  type: SecurityEventType;
  severity: Severity;
  ip: string;
  origin?: string;
  user_id?: string;
  namespace?: string;
  event?: string;
  code?: string;
  /** A plain sentence; control characters are escaped, secrets never appear. */
  detail: string;
  count: number;
}
