import type { Role } from "./roles.ts";
import type { SecurityEvent, SecurityEventType } from "./security-event.ts";
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

/** One page; `next` is null on the last one. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
  total: number;
}

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
  rooms: string[];
  /** What waits on the server for this client to read. */
  buffered_bytes: number;
  /** Whether it reads too slowly: its progress is held back until it has caught up, then the latest is sent. */
  slow: boolean;
}

export interface RoomRow {
  namespace: string;
  room: string;
  members: number;
}

/** Somebody who is kept out for a while after repeated offences. */
export interface BlockRow {
  subject: "user" | "address";
  /** The user's id, or the address: of IPv6 its /64 network. */
  id: string;
  /** The kind of offence that brought it. */
  reason: SecurityEventType;
  since: string;
  until: string;
  /** How many in a row this one is; a user's become longer. */
  times: number;
}

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
  memory_rss_bytes: number;
  memory_heap_bytes: number;
  event_loop_lag_p99_ms: number;
  cpu_percent: number;
}

export interface SystemMetricsUpdate {
  type: "system_metrics";
  metrics: SystemMetrics;
  timestamp: string;
}

export interface JobUpdate {
  type: "job_created" | "job_progress" | "job_completed" | "job_failed" | "job_cancelled";
  job: TaskSnapshot;
  timestamp: string;
}

export interface AdminAlert {
  type: "alert";
  alert: { severity: "info" | "warning" | "critical"; title: string; body: string };
  timestamp: string;
}

export interface ConnectionsUpdate {
  opened: number;
  closed: number;
  total: number;
}

export type SecurityEventPage = Page<SecurityEvent>;
export type ConnectionPage = Page<ConnectionRow>;
export type RoomPage = Page<RoomRow>;
export type BlockPage = Page<BlockRow>;
export type TaskPage = Page<TaskSnapshot>;
