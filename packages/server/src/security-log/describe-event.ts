import type { SecurityEvent, SecurityEventType, Severity } from "@signalbox/protocol";
import { maxIdLength } from "@signalbox/protocol/schemas";
import { escapeControl } from "./redact.ts";

/** One security event to record. Its texts may come from clients: they are escaped and cut. */
export interface SecurityRecord {
  type: SecurityEventType;
  ip: string;
  origin?: string | undefined;
  userId?: string | undefined;
  namespace?: string | undefined;
  event?: string | undefined;
  code?: string | undefined;
  detail: string;
  /** Only for the log line; neither stored nor shown. */
  requestId?: string | undefined;
}

/** A security event without the fields that identify its line: id, time and count. */
export type EventDescription = Omit<SecurityEvent, "id" | "at" | "count">;

/** The severity of each type, for administrators. */
const severities: Record<SecurityEventType, Severity> = {
  origin_refused: "medium",
  auth_failed: "medium",
  sign_in_failed: "medium",
  session_revoked: "info",
  csrf_failed: "high",
  admin_denied: "high",
  rate_limited: "low",
  connection_cap: "low",
  payload_invalid: "low",
  payload_too_large: "low",
  event_unknown: "low",
  room_denied: "medium",
  task_denied: "medium",
  banned: "info",
  blocked: "medium",
  csp_violation: "low",
  admin_action: "info",
};

/** Converts a record to the form of the wire contract, with every text bounded, in characters. */
export const describeEvent = ({
  type,
  ip,
  origin,
  userId,
  namespace,
  event,
  code,
  detail,
}: SecurityRecord): EventDescription => ({
  type,
  severity: severities[type],
  ip: escapeControl(ip, 64),
  ...(origin !== undefined && { origin: escapeControl(origin, 200) }),
  ...(userId !== undefined && { user_id: escapeControl(userId, maxIdLength) }),
  ...(namespace !== undefined && { namespace: escapeControl(namespace, 64) }),
  ...(event !== undefined && { event: escapeControl(event, 64) }),
  ...(code !== undefined && { code: escapeControl(code, 64) }),
  detail: escapeControl(detail, 1000),
});

/** Describes a flood: too many different events of one type for a line each. */
export const describeFlood = (type: SecurityEventType): EventDescription => ({
  type,
  severity: severities[type],
  ip: "*",
  detail: "Many different ones at a time, counted together.",
});
