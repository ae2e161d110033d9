import type { SecurityEvent, SecurityEventType, Severity } from "@signalbox/protocol";
import { maxIdLength } from "@signalbox/protocol/schemas";
import { escapeControl } from "./redact.ts";

/** One thing that happened. Texts may come from clients: they are escaped and cut. */
export interface SecurityRecord {
  type: SecurityEventType;
  ip: string;
  origin?: string | undefined;
  userId?: string | undefined;
  namespace?: string | undefined;
  event?: string | undefined;
  code?: string | undefined;
  detail: string;
  /** For the log line only: neither stored nor shown. */
  requestId?: string | undefined;
}

/** A security event without what makes it one line of the log. */
export type EventDescription = Omit<SecurityEvent, "id" | "at" | "count">;

/** How much an administrator should care. */
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

/** Puts what happened into the form of the wire; every text is bounded, in characters. */
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

/** Stands for a flood: too many different lines of one type to keep apart. */
export const describeFlood = (type: SecurityEventType): EventDescription => ({
  type,
  severity: severities[type],
  ip: "*",
  detail: "Many different ones at a time, counted together.",
});
