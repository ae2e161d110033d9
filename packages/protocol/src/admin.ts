import type { RefusalCode } from "./refusals.ts";
import type { Role } from "./roles.ts";
import type { SecurityEvent, SecurityEventType, Severity } from "./security-event.ts";
import type { TaskSnapshot } from "./task.ts";

/** Paging that every admin list accepts. */
export interface PageRequest {
  /** The `next` of the page before. */
  after?: string | undefined;
  /** Rows per page, 1 to 500; 100 by default. */
  limit?: number | undefined;
  /** Matches rows whose text contains it, without regard to case. */
  filter?: string | undefined;
}

/** What connections may be sorted by; those that are equal, and those of unknown round trip, keep the order of their ids. */
export const connectionSorts = [
  "username",
  "namespace",
  "ip",
  "transport",
  "connected_at",
  "round_trip_ms",
  "buffered_bytes",
] as const;
/** What `list_connections` can be sorted by. */
export type ConnectionSort = (typeof connectionSorts)[number];

/**
 * Connections come and go while somebody looks, and a long list is shown by position. With `sort` or `offset` a page is
 * cut out there: `after` counts for nothing, and `next` is null.
 */
export interface ConnectionListRequest extends PageRequest {
  sort?: ConnectionSort | undefined;
  /** Default: false. */
  descending?: boolean | undefined;
  /** Rows to pass over; 0 by default. */
  offset?: number | undefined;
}

/** Of the security log: lines that have all of these. */
export interface SecurityEventListRequest extends PageRequest {
  type?: SecurityEventType | undefined;
  severity?: Severity | undefined;
  user_id?: string | undefined;
  ip?: string | undefined;
}

/** One page; `next` is null on the last one. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
  total: number;
}

/** A socket, as administrators see it. */
export interface ConnectionRow {
  socket_id: string;
  namespace: string;
  user_id: string;
  username: string;
  role: Role;
  /** Names a session for `revoke_session` without being usable as one. */
  session_ref: string | null;
  ip: string;
  transport: string;
  connected_at: string;
  /** Between a heartbeat and its answer, the last time; null before the first. */
  round_trip_ms: number | null;
  rooms: string[];
  /** What waits on the server for this client to read. */
  buffered_bytes: number;
  /** Whether it reads too slowly: its progress is held back until it has caught up, then the latest is sent. */
  slow: boolean;
}

/** A room with the number of its members. */
export interface RoomRow {
  namespace: string;
  room: string;
  members: number;
}

/** Somebody who is kept out for a while: after repeated offences, or because an administrator said so. */
export interface BlockRow {
  subject: "user" | "address";
  /** The user's id, or the address: of IPv6 its /64 network. */
  id: string;
  /** The kind of offence that brought it; `banned` when an administrator did. */
  reason: SecurityEventType;
  since: string;
  until: string;
  /** How many in a row this one is; a user's become longer. */
  times: number;
  /** The administrator who did it, and why, in their words. */
  by?: string;
  note?: string;
}

/** Key figures of the process at one moment. */
export interface SystemMetrics {
  uptime_seconds: number;
  connections: number;
  /** Connections that read too slowly at this moment. */
  slow_connections: number;
  sockets: { user: number; admin: number };
  tasks: { queued: number; running: number };
  events_per_second: number;
  deliveries_per_second: number;
  refusals_per_second: number;
  /** Those by code, without the codes of which there were none. */
  refusals_by_code: Partial<Record<RefusalCode, number>>;
  memory_rss_bytes: number;
  memory_heap_bytes: number;
  event_loop_lag_p99_ms: number;
  cpu_percent: number;
}

/** What the history keeps of the metrics. */
export const historySeries = [
  "connections",
  "events_per_second",
  "deliveries_per_second",
  "refusals_per_second",
  "event_loop_lag_p99_ms",
  "cpu_percent",
  "memory_rss_bytes",
] as const satisfies readonly (keyof SystemMetrics)[];
/** A column of `get_metrics_history`. */
export type HistorySeries = (typeof historySeries)[number];

/** The metrics of the last hour or since the start, as columns of equal length: oldest first, at equal distances. */
export interface MetricsHistory {
  interval_seconds: number;
  /** Seconds since the epoch. */
  at: number[];
  series: Record<HistorySeries, number[]>;
  /** Per second; codes of which there was none in all that time are missing. */
  refusals_by_code: Partial<Record<RefusalCode, number[]>>;
}

/** The event that carries them. */
export interface SystemMetricsUpdate {
  type: "system_metrics";
  metrics: SystemMetrics;
  timestamp: string;
}

/** A task was made, went on or ended. */
export interface JobUpdate {
  type: "job_created" | "job_progress" | "job_completed" | "job_failed" | "job_cancelled";
  job: TaskSnapshot;
  timestamp: string;
}

/** What the application tells its administrators at once. */
export interface AdminAlert {
  type: "alert";
  alert: { severity: "info" | "warning" | "critical"; title: string; body: string };
  timestamp: string;
}

/** How many sockets came and went since the last one. */
export interface ConnectionsUpdate {
  opened: number;
  closed: number;
  total: number;
}

/** Everything that happened within a second, in one frame; without what did not. */
export interface AdminBatch {
  at: string;
  metrics?: SystemMetrics;
  connections?: ConnectionsUpdate;
  /** Tasks that were created, have changed or ended, in their latest state. */
  tasks?: TaskSnapshot[];
  /** Ids of tasks that were deleted. */
  removed_tasks?: string[];
  /** A folded one comes again under its id with a higher count. */
  security_events?: SecurityEvent[];
  alerts?: AdminAlert["alert"][];
}

/** How the server stands, and what it depends on. */
export interface HealthReport {
  status: "ok" | "degraded" | "draining";
  dependencies: DependencyRow[];
  version: string;
  server_id: string;
  started_at: string;
}

/** Something that the server depends on, and how it answered the last time. */
export interface DependencyRow {
  name: string;
  status: "ok" | "failing";
  /** Since when it has been in this status; null when it has been so from the start. */
  since: string | null;
  reason?: string;
}

/** One setting in force. */
export interface SettingRow {
  /** The environment variable. */
  name: string;
  /** As the environment would have it; null for a secret, and for one that has no value. */
  value: string | null;
  /** The variable that set it, `default`, or `generated`. */
  source: string;
  secret: boolean;
  doc: string;
}

/** What the origin policy says of an origin, and why. */
export interface OriginExplanation {
  allowed: boolean;
  /** Such as `derived from HOST and PORT` or `not in the list`. */
  rule: string;
  /** For a refusal: the setting that would allow it. */
  hint?: string;
  /** Everything that is allowed. */
  allowed_origins: string[];
}

/** Answer of `list_security_events`, newest first. */
export type SecurityEventPage = Page<SecurityEvent>;
/** Answer of `list_connections`. */
export type ConnectionPage = Page<ConnectionRow>;
/** Answer of `list_rooms`. */
export type RoomPage = Page<RoomRow>;
/** Answer of `list_blocks`. */
export type BlockPage = Page<BlockRow>;
/** Answer of `list_tasks`, newest first. */
export type TaskPage = Page<TaskSnapshot>;
