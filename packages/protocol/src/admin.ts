import type { RefusalCode } from "./refusals.ts";
import type { Role } from "./roles.ts";
import type { SecurityEvent, SecurityEventType, Severity } from "./security-event.ts";
import type { TaskSnapshot } from "./task.ts";

/** Paging parameters that every admin list accepts. */
export interface PageRequest {
  /** The `next` of the previous page. */
  after?: string | undefined;
  /** Rows per page, 1 to 500; 100 by default. */
  limit?: number | undefined;
  /** Matches rows whose text contains it, ignoring case. */
  filter?: string | undefined;
}

/** Sort keys for connections. Rows that are equal, and rows with an unknown round trip, keep the order of their ids. */
export const connectionSorts = [
  "username",
  "namespace",
  "ip",
  "transport",
  "connected_at",
  "round_trip_ms",
  "buffered_bytes",
] as const;
/** A sort key of `list_connections`. */
export type ConnectionSort = (typeof connectionSorts)[number];

/**
 * Connections come and go while an administrator looks at the list, and a long list is shown by position. With `sort`
 * or `offset`, the page starts at that position: `after` is ignored, and `next` is null.
 */
export interface ConnectionListRequest extends PageRequest {
  sort?: ConnectionSort | undefined;
  /** Default: false. */
  descending?: boolean | undefined;
  /** Rows to skip; 0 by default. */
  offset?: number | undefined;
}

/** Filters of the security log: an entry must match all of them. */
export interface SecurityEventListRequest extends PageRequest {
  type?: SecurityEventType | undefined;
  severity?: Severity | undefined;
  user_id?: string | undefined;
  ip?: string | undefined;
}

/** One page of a list; `next` is null on the last one. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
  total: number;
}

/** A socket, as shown to administrators. */
export interface ConnectionRow {
  socket_id: string;
  namespace: string;
  user_id: string;
  username: string;
  role: Role;
  /** Identifies a session for `revoke_session`, but cannot be used as one. */
  session_ref: string | null;
  ip: string;
  transport: string;
  connected_at: string;
  /** Time from the last heartbeat to its answer; null before the first. */
  round_trip_ms: number | null;
  rooms: string[];
  /** Bytes buffered on the server for this client. */
  buffered_bytes: number;
  /** Whether the client reads too slowly: progress is held back until it has caught up, then the latest is sent. */
  slow: boolean;
}

/** A room with the number of its members. */
export interface RoomRow {
  namespace: string;
  room: string;
  members: number;
}

/** A user or an address that is blocked for a while: after repeated violations, or by an administrator. */
export interface BlockRow {
  subject: "user" | "address";
  /** The user's id, or the address; for IPv6 its /64 network. */
  id: string;
  /** The kind of violation that caused it; `banned` when an administrator did. */
  reason: SecurityEventType;
  since: string;
  until: string;
  /** How many consecutive blocks this one makes; those of a user become longer. */
  times: number;
  /** The administrator who imposed it, and the reason in their own words. */
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
  /** Refusals by code; codes without any are omitted. */
  refusals_by_code: Partial<Record<RefusalCode, number>>;
  memory_rss_bytes: number;
  memory_heap_bytes: number;
  event_loop_lag_p99_ms: number;
  cpu_percent: number;
}

/** The metrics that the history keeps. */
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

/** The metrics of the last hour or since the start, as columns of equal length: oldest first, at equal intervals. */
export interface MetricsHistory {
  interval_seconds: number;
  /** Seconds since the epoch. */
  at: number[];
  series: Record<HistorySeries, number[]>;
  /** Per second; codes without any refusal in that time are omitted. */
  refusals_by_code: Partial<Record<RefusalCode, number[]>>;
}

/** The event that carries the metrics. */
export interface SystemMetricsUpdate {
  type: "system_metrics";
  metrics: SystemMetrics;
  timestamp: string;
}

/** A task was created, progressed or ended. */
export interface JobUpdate {
  type: "job_created" | "job_progress" | "job_completed" | "job_failed" | "job_cancelled";
  job: TaskSnapshot;
  timestamp: string;
}

/** A message from the application to its administrators, sent at once. */
export interface AdminAlert {
  type: "alert";
  alert: { severity: "info" | "warning" | "critical"; title: string; body: string };
  timestamp: string;
}

/** How many sockets opened and closed since the last update. */
export interface ConnectionsUpdate {
  opened: number;
  closed: number;
  total: number;
}

/** Everything that happened within a second, in one frame; fields without content are omitted. */
export interface AdminBatch {
  at: string;
  metrics?: SystemMetrics;
  connections?: ConnectionsUpdate;
  /** Tasks that were created, changed or ended, in their latest state. */
  tasks?: TaskSnapshot[];
  /** Ids of tasks that were deleted. */
  removed_tasks?: string[];
  /** A folded event is sent again under its id with a higher count. */
  security_events?: SecurityEvent[];
  alerts?: AdminAlert["alert"][];
}

/** The health of the server and of its dependencies. */
export interface HealthReport {
  status: "ok" | "degraded" | "draining";
  dependencies: DependencyRow[];
  version: string;
  server_id: string;
  started_at: string;
}

/** A dependency of the server, and the result of its last check. */
export interface DependencyRow {
  name: string;
  status: "ok" | "failing";
  /** When it entered this status; null when it has been in this status since the start. */
  since: string | null;
  reason?: string;
}

/** One effective setting. */
export interface SettingRow {
  /** The environment variable. */
  name: string;
  /** The value in the form of the environment variable; null for a secret, and for a setting without a value. */
  value: string | null;
  /** The variable that set it, `default`, or `generated`. */
  source: string;
  secret: boolean;
  doc: string;
}

/** How the origin policy judges an origin, and why. */
export interface OriginExplanation {
  allowed: boolean;
  /** Such as `derived from HOST and PORT` or `not in the list`. */
  rule: string;
  /** For a refused origin: the setting that would allow it. */
  hint?: string;
  /** All allowed origins. */
  allowed_origins: string[];
}

/** Response of `list_security_events`, newest first. */
export type SecurityEventPage = Page<SecurityEvent>;
/** Response of `list_connections`. */
export type ConnectionPage = Page<ConnectionRow>;
/** Response of `list_rooms`. */
export type RoomPage = Page<RoomRow>;
/** Response of `list_blocks`. */
export type BlockPage = Page<BlockRow>;
/** Response of `list_tasks`, newest first. */
export type TaskPage = Page<TaskSnapshot>;
