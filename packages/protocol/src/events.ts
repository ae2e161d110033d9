import type {
  AdminAlert,
  AdminBatch,
  BlockPage,
  BlockRow,
  ConnectionListRequest,
  ConnectionPage,
  ConnectionsUpdate,
  HealthReport,
  JobUpdate,
  MetricsHistory,
  OriginExplanation,
  PageRequest,
  RoomPage,
  SecurityEventListRequest,
  SecurityEventPage,
  SettingRow,
  SystemMetricsUpdate,
  TaskPage,
} from "./admin.ts";
import type { Audience, Notice, Notification } from "./notification.ts";
import type { RefusalMessage } from "./refusals.ts";
import type { SecurityEvent } from "./security-event.ts";
import type { ConnectionEstablished, SessionEndReason } from "./session.ts";
import type { TaskSnapshot } from "./task.ts";

/** The content of an acknowledgement: the response, or the refusal. */
export type Answer<Body extends object> = ({ ok: true } & Body) | { ok: false; error: RefusalMessage };

/** One request of a client: its payload and the body of a successful response. */
interface Request<Payload, Body extends object> {
  payload: Payload;
  answer: Body;
}

/** Socket.IO's event map for a table of requests: `emit(name, payload, acknowledgement)`. */
export type EventMap<Requests> = {
  [Name in keyof Requests]: Requests[Name] extends Request<infer Payload, infer Body>
    ? (payload: Payload, acknowledge: (answer: Answer<Body>) => void) => void
    : never;
};

type TaskId = { task_id: string };
// biome-ignore lint/complexity/noBannedTypes: an answer without a body is `{ok: true}` and nothing else
type Nothing = {};

/**
 * Requests that clients send on every namespace of Signalbox, to detect quickly whether a connection that looks open is
 * alive, to measure the response time, and to compare the clocks.
 */
interface CheckRequests {
  check_connection: Request<Nothing, { server_time: string }>;
}

/** `/`, client to server. */
export interface UserRequests extends CheckRequests {
  join_task: Request<TaskId & { since?: number }, { task?: TaskSnapshot }>;
  leave_task: Request<TaskId, Nothing>;
  cancel_task: Request<TaskId, { task: TaskSnapshot }>;
  get_task_status: Request<TaskId, { task: TaskSnapshot }>;
  join_room: Request<{ room_id: string }, { room_id: string }>;
  leave_room: Request<{ room_id: string }, { room_id: string }>;
  sync_notifications: Request<{ after: number; limit?: number }, NotificationPage>;
  ack_notifications: Request<{ seq: number }, { unread: number }>;
  read_notifications: Request<{ seq: number }, { unread: number }>;
}

/** How far a user's notifications have progressed. Everything up to a mark is in its state, or in a later one. */
export interface LedgerStanding {
  /** The highest `seq` that the reader may see. */
  latest_seq: number;
  acknowledged_seq: number;
  read_seq: number;
  /** The number above `read_seq` that the reader may see. */
  unread: number;
}

/** Notifications in the order of `seq`, and the standing of the ledger. */
export interface NotificationPage extends LedgerStanding {
  notifications: Notification[];
}

/** `/`, client to server, only with SOCKETIO_LEGACY_EVENTS. */
export interface LegacyRequests {
  join_admin_dashboard: Request<Nothing, { room_id: string }>;
  leave_admin_dashboard: Request<Nothing, { room_id: string }>;
  /** Old pages send it occasionally; Engine.IO has heartbeats of its own. */
  ping: Request<Nothing, Nothing>;
}

/** For the security log: the administrator's reason, in their own words. */
type Why = { reason?: string };

/** `/admin`, client to server. */
export interface AdminRequests extends CheckRequests {
  list_connections: Request<ConnectionListRequest, ConnectionPage>;
  list_rooms: Request<PageRequest, RoomPage>;
  list_tasks: Request<PageRequest, TaskPage>;
  list_security_events: Request<SecurityEventListRequest, SecurityEventPage>;
  list_blocks: Request<PageRequest, BlockPage>;
  get_metrics_history: Request<Nothing, MetricsHistory>;
  get_health: Request<Nothing, HealthReport>;
  get_configuration: Request<Nothing, { settings: SettingRow[] }>;
  explain_origin: Request<{ origin: string }, OriginExplanation>;
  disconnect_user: Request<{ user_id: string; reason: string }, { disconnected: number }>;
  revoke_session: Request<{ session_ref: string } & Why, { revoked: boolean }>;
  cancel_task: Request<TaskId & Why, { task: TaskSnapshot }>;
  add_block: Request<Pick<BlockRow, "subject" | "id"> & { seconds: number; reason: string }, { block: BlockRow }>;
  lift_block: Request<Pick<BlockRow, "subject" | "id"> & Why, { lifted: boolean }>;
  admin_notification: Request<{ audience: Audience; notification: Notice }, { id: string }>;
}

/** Sent on every namespace. */
export interface SystemEvents {
  connection_established: (who: ConnectionEstablished) => void;
  session_ending: (ending: { reason: SessionEndReason; at: string }) => void;
  server_draining: (drain: { reconnect_after_ms: number }) => void;
  /** A refusal of a request that was sent without an acknowledgement. */
  error: (refusal: RefusalMessage) => void;
}

/** `/`, server to client. */
export interface UserEvents extends SystemEvents {
  progress_update: (task: TaskSnapshot) => void;
  /** Sent only to clients that list it in `accepts` of their handshake: all their changes in one frame. */
  progress_batch: (batch: { tasks: TaskSnapshot[] }) => void;
  task_completed: (task: TaskSnapshot) => void;
  task_error: (task: TaskSnapshot) => void;
  task_cancelled: (task: TaskSnapshot) => void;
}

/** `/`, server to client, in addition to UserEvents: a client that shows no notifications need not know them. */
export interface NotificationEvents {
  notification: (notification: Notification) => void;
  /** Keeps all tabs of a user in sync. */
  unread_update: (standing: LedgerStanding) => void;
}

/** `/admin`, server to client; on `/` in the room `admin_dashboard` for legacy clients. */
export interface AdminEvents extends SystemEvents {
  system_metrics_update: (update: SystemMetricsUpdate) => void;
  job_update: (update: JobUpdate) => void;
  admin_alert: (alert: AdminAlert) => void;
  security_event: (event: SecurityEvent) => void;
  connections_update: (update: ConnectionsUpdate) => void;
  /**
   * Sent only to clients that list it in `accepts` of their handshake, instead of all of the above except the system
   * events.
   */
  admin_batch: (batch: AdminBatch) => void;
}

/**
 * Frames that a client may list in `accepts` of its handshake. They are optional because legacy clients do not know
 * them.
 */
export const optionalFrames = ["progress_batch", "admin_batch"] as const;
/** A frame that is sent only to clients that list it in `accepts`. */
export type OptionalFrame = (typeof optionalFrames)[number];

/** Lists every key of a union of names exactly once; anything else does not compile. */
const every =
  <Name extends string>() =>
  <const Names extends readonly Name[]>(
    names: Names & ([Name] extends [Names[number]] ? unknown : { missing: Exclude<Name, Names[number]> }),
  ): Names =>
    names;

/** The names of the contract at run time: tests enumerate them, so that every event is tested. */
export const contract = {
  "/": {
    clientEvents: every<keyof UserRequests>()([
      "join_task",
      "leave_task",
      "cancel_task",
      "get_task_status",
      "join_room",
      "leave_room",
      "sync_notifications",
      "ack_notifications",
      "read_notifications",
      "check_connection",
    ]),
    legacyClientEvents: every<keyof LegacyRequests>()(["join_admin_dashboard", "leave_admin_dashboard", "ping"]),
    serverEvents: every<keyof UserEvents | keyof NotificationEvents>()([
      "connection_established",
      "session_ending",
      "server_draining",
      "error",
      "progress_update",
      "progress_batch",
      "task_completed",
      "task_error",
      "task_cancelled",
      "notification",
      "unread_update",
    ]),
  },
  "/admin": {
    clientEvents: every<keyof AdminRequests>()([
      "list_connections",
      "list_rooms",
      "list_tasks",
      "list_security_events",
      "list_blocks",
      "get_metrics_history",
      "get_health",
      "get_configuration",
      "explain_origin",
      "disconnect_user",
      "revoke_session",
      "cancel_task",
      "add_block",
      "lift_block",
      "admin_notification",
      "check_connection",
    ]),
    serverEvents: every<keyof AdminEvents>()([
      "connection_established",
      "session_ending",
      "server_draining",
      "error",
      "system_metrics_update",
      "job_update",
      "admin_alert",
      "security_event",
      "connections_update",
      "admin_batch",
    ]),
  },
} as const;
