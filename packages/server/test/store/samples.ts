import type { SecurityEvent, TaskSnapshot } from "@signalbox/protocol";

/** A time in ISO 8601: `seconds` after a fixed start. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

export const task = (task_id: string, changes: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
  task_id,
  kind: "batch",
  title: "Holiday pictures",
  owner_id: "ada",
  version: 1,
  status: "queued",
  percent: null,
  step: null,
  message: null,
  current: null,
  total: null,
  created_at: at(0),
  started_at: null,
  updated_at: at(0),
  eta_seconds: null,
  ...changes,
});

export const securityEvent = (id: string, changes: Partial<SecurityEvent> = {}): SecurityEvent => ({
  id,
  at: at(0),
  type: "origin_refused",
  severity: "medium",
  ip: "192.0.2.1",
  detail: "The origin is not allowed.",
  count: 1,
  ...changes,
});
