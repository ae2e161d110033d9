/**
 * The interfaces between Signalbox and its environment: time, a log, sessions, tasks, a store, and publishing to rooms.
 * Everything below the Socket.IO layer depends on these interfaces only.
 */
import type { IncomingHttpHeaders } from "node:http";
import type {
  Notification,
  NotificationPage,
  NotificationState,
  Page,
  PageRequest,
  Role,
  SecurityEvent,
  SecurityEventListRequest,
  SessionEndReason,
  TaskSnapshot,
} from "@signalbox/protocol";

/** Injected time, so that tests advance the clock by hand. Timers never keep the process alive. */
export interface Clock {
  /** Milliseconds since the epoch, for times that are displayed, stored or expire. An operator may set it back. */
  now(): number;
  /** Milliseconds on a monotonic clock, for measuring durations: it never goes back or jumps. */
  monotonic(): number;
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms`; the returned function stops it. */
  every(ms: number, run: () => void): () => void;
}

/** A structured log: fields first, then a sentence. pino's loggers satisfy this interface. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What identifies a session in a request. The value is a secret: it is never logged, sent or stored. */
export interface Credential {
  /**
   * `cookie` for everything that browsers attach by themselves. CSRF protection applies to it, and requests that carry
   * it without an Origin header are refused where they change something. The client itself adds a bearer token.
   */
  readonly kind: "cookie" | "bearer";
  readonly value: string;
}

/** Where a credential can be found: the request's headers, or the token of a handshake's `auth` object. */
export interface CredentialCarrier {
  readonly headers: IncomingHttpHeaders;
  readonly token?: string | undefined;
}

/** A valid session of the web application. */
export interface Session {
  /** Identifies the session but cannot be used as a credential: a hash of its id. Shown to administrators. */
  readonly ref: string;
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  /** Milliseconds since the epoch; null for a session that does not expire by itself. */
  readonly expiresAt: number | null;
}

/** Why a credential opens no session. `session_missing`: the credential is valid, but no user has signed in with it. */
export type SessionProblem = "session_missing" | "session_invalid" | "session_expired" | "session_revoked";

/**
 * A report from the web application that sessions may have changed. It names a session, a user, or both. The server
 * then looks the sessions concerned up again, so a source need not know what exactly changed.
 */
export interface SessionChange {
  readonly ref?: string;
  readonly userId?: string;
  /** Sent to the client if the session has in fact ended. Default `revoked`. */
  readonly reason?: SessionEndReason;
}

/** The web application's sessions. Adapters exist for express-session, Better Auth and bearer tokens. */
export interface SessionSource {
  /** Finds the credential in a request, without any look-up; undefined when the request has none of this kind. */
  credentialOf(carrier: CredentialCarrier): Credential | undefined;
  /** Looks the session up. Rejects only when that fails (store down): the request is then refused as `unavailable`. */
  resolve(credential: Credential): Promise<Session | SessionProblem>;
  /** Ends a session at its source, so that its cookie or token is no longer valid. False for an unknown session. */
  revoke?(ref: string): Promise<boolean>;
  /** Calls `onChange` whenever sessions may have changed; the returned function unsubscribes. */
  watch?(onChange: (change: SessionChange) => void): () => void;
}

/** The user or guest that a socket or a request acts for. */
export interface Principal {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  /** Null for a guest, where SOCKETIO_REQUIRE_AUTH is false. */
  readonly session: { readonly ref: string; readonly expiresAt: number | null } | null;
}

/** The application's side of tasks: handles an authorised request to cancel one. */
export interface TaskControl {
  /**
   * Asks the application to stop a task. The application reports the final state itself through `progress`, at once or
   * when the work has stopped. Until then the task continues.
   */
  cancel(task: TaskSnapshot, by: Principal): void | Promise<void>;
}

/** Which tasks to list, newest first. */
export interface TaskFilter extends PageRequest {
  ownerId?: string;
  /** Only tasks that have not ended. */
  active?: boolean;
}

/** Keeps the latest snapshot of each task. */
export interface TaskStore {
  get(taskId: string): Promise<TaskSnapshot | undefined>;
  /**
   * Stores a snapshot, unless the stored one is newer or final: no process can change a final state. Resolves once the
   * snapshot is durable, with undefined; or with the stored snapshot, when that one was kept.
   */
  put(snapshot: TaskSnapshot): Promise<TaskSnapshot | undefined>;
  /** Deletes a task; an unknown task is no error. Resolves once the deletion is durable. */
  remove(taskId: string): Promise<void>;
  list(filter: TaskFilter): Promise<Page<TaskSnapshot>>;
}

/** Which lines to list: those that match all fields. */
export type SecurityEventFilter = SecurityEventListRequest;

/** Stores the security log. */
export interface SecurityEventStore {
  /** Inserts an event, or replaces the one with the same id when its count has grown. */
  put(events: readonly SecurityEvent[]): Promise<void>;
  /** Newest first. */
  list(filter: SecurityEventFilter): Promise<Page<SecurityEvent>>;
}

/** A stored notice: one entry, whatever the number of its recipients. */
export interface StoredNotice {
  /** `everyone`, `role:<role>` or `user:<id>`. */
  readonly audience: string;
  readonly notice: Omit<Notification, "seq">;
  /** When the notice is escalated unless it was acknowledged, as ISO 8601 in UTC. Without it, it is never escalated. */
  readonly escalate_at?: string;
}

/** The reader of notifications, with the rights at the moment of reading. */
export interface NotificationReader {
  readonly userId: string;
  /** The audiences that the reader belongs to now. Notices for other audiences are neither shown nor counted. */
  readonly audiences: readonly string[];
  /** ISO 8601 in UTC. Notices that have expired by then are neither shown nor counted. */
  readonly now: string;
}

/** A notice that is due to be escalated. */
export interface DueEscalation {
  /** The notice's position in the log. */
  readonly serial: number;
  readonly audience: string;
  readonly notice: StoredNotice["notice"];
  /** How often it has been claimed, including this time. */
  readonly tries: number;
}

/**
 * Stores which notices are to be escalated, from the transaction that stores the notice until the escalation is
 * settled: a process that dies in between loses none. Promises resolve once the change is durable. Times are ISO 8601
 * in UTC.
 */
export interface EscalationStore {
  /** Leases escalations that are due and not expired, longest due first. No other caller gets them before `until`. */
  claim(lease: { now: string; until: string; limit: number }): Promise<readonly DueEscalation[]>;
  /** Returns one, which can be claimed again from `until` on. */
  postpone(serial: number, until: string): Promise<void>;
  /** Removes one for good: it has been handled. */
  settle(serial: number): Promise<void>;
  /** Whether a user has acknowledged or read the notice. False if it never reached the user, or was deleted. */
  hasAcknowledged(userId: string, serial: number): Promise<boolean>;
}

/** A notice that is stored for a user, with its state for this user. */
export interface UserNotice {
  /** The notice's position in the log. */
  readonly serial: number;
  readonly audience: string;
  readonly notice: StoredNotice["notice"];
  readonly state: NotificationState;
}

/**
 * Stores notices in one log, and a ledger for each user. Reading merges the newer notices of the log into the reader's
 * ledger, which gives each a permanent `seq`. Promises resolve once the change is durable.
 */
export interface NotificationStore {
  append(notices: readonly StoredNotice[]): Promise<void>;
  /** In the order of `seq`. Without `after`, the page starts at the first notice that was not delivered. */
  read(reader: NotificationReader, from: { after?: number; limit: number }): Promise<NotificationPage>;
  /** Moves all notices up to `seq` to a state, except those that are in that state or a later one. */
  advance(reader: NotificationReader, state: Exclude<NotificationState, "stored">, seq: number): Promise<void>;
  /** Removes the notices that have expired. */
  forget(now: string): Promise<void>;
  /**
   * The notices stored for a user, expired or not, in the order of `serial`: those for the user alone, and those for
   * the other `audiences` that reading has merged into the user's ledger. Does not merge, because it does not know the
   * user's role.
   */
  ofUser(
    user: Pick<NotificationReader, "userId" | "audiences">,
    from: { after: number; limit: number },
  ): Promise<readonly UserNotice[]>;
  /**
   * Removes the user's ledger, and the `limit` oldest notices for the user alone, with their escalations. Resolves with
   * the number of notices removed.
   */
  eraseUser(userId: string, limit: number): Promise<number>;
  readonly escalations: EscalationStore;
}

/** A block that an administrator has imposed. Times are ISO 8601 in UTC. */
export interface StoredBlock {
  /** The blocked subject: a user, or the guests of an address. */
  readonly place: string;
  readonly since: string;
  readonly until: string;
  /** The administrator. */
  readonly by: string;
  readonly note: string;
}

/** Stores the blocks that administrators impose. Promises resolve once the change is durable. */
export interface BlockStore {
  /** The blocks that have not ended at `now`. The store may delete those that have. */
  list(now: string): Promise<readonly StoredBlock[]>;
  /** Replaces an existing block of the same subject. */
  put(block: StoredBlock): Promise<void>;
  remove(place: string): Promise<void>;
}

/** All persistent data of Signalbox. In memory by default; SQL through the `sql` subpath. */
export interface Store {
  readonly tasks: TaskStore;
  readonly securityEvents: SecurityEventStore;
  readonly notifications: NotificationStore;
  readonly blocks: BlockStore;
  /** Resolves when the store answers; used by readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The state of a task in the other processes. */
export interface SharedTask {
  /** Undefined when no other process has reported the task. */
  readonly task: TaskSnapshot | undefined;
  /** Whether the process that reported the task is gone: no report follows unless another process resumes the work. */
  readonly isAbandoned: boolean;
}

/** What happened to a task. */
export type TaskChange = "created" | "changed" | "ended" | "removed";

/** The tasks of this process, as the exchange uses them; implemented by the task registry. */
export interface TaskExchangeListener {
  /** Another process reported a task. */
  received(change: TaskChange, task: TaskSnapshot): void;
  /** The state of a followed task, received when following began or when the exchange looked it up again. */
  found(task: TaskSnapshot): void;
  /** Another process now reports a task that this one has reported so far. */
  taken(taskId: string): void;
  /** Another process has removed a task that this one reports. */
  removedElsewhere(taskId: string): void;
  /** No client of this process watches the task any more. */
  unfollowed(taskId: string): void;
  /** Changes of the task may have been lost: looks it up again in the store. */
  lookAgain(taskId: string): void;
  /** Merges the task reported here with the snapshot of another process; undefined if nothing was merged. */
  merge(other: TaskSnapshot): TaskSnapshot | undefined;
  /** The tasks that this process reports. */
  held(): Iterable<TaskSnapshot>;
}

/** Transfers the state of tasks between processes. Never rejects: a message that cannot be sent now is sent later. */
export interface TaskExchange {
  bind(listener: TaskExchangeListener): void;
  /**
   * Sends a change to the processes that follow the task; of several changes within a tick, only the latest. `resumed`:
   * the task is queued again, and no process works on it.
   */
  share(change: TaskChange | "resumed", task: TaskSnapshot): void;
  /** The state in the other processes; empty while they cannot be reached. */
  read(taskIds: readonly string[]): Promise<ReadonlyMap<string, SharedTask>>;
  /** Starts to receive the changes of the task. */
  follow(taskId: string): void;
  unfollow(taskId: string): void;
  /** Starts or stops receiving the changes of all tasks. */
  followAll(wanted: boolean): void;
  /** Resolves when the first state of a followed task has been received. */
  synced(taskId: string): Promise<void> | undefined;
}

/** Publishes events to clients; implemented by the Socket.IO layer. */
export interface Publisher {
  /** Sends an event to all sockets in a room of a namespace, except those that are also in the room `except`. */
  publish(namespace: string, room: string, event: string, payload: unknown, except?: string): void;
  /** Whether an event would reach any socket. If not, callers need not compute it. */
  occupied(namespace: string, room: string, except?: string): boolean;
}

/** Sends tasks to the clients that watch them; implemented by the Socket.IO layer. */
export interface ProgressPublisher {
  /** Whether any client watches the task. If not, callers need not keep or encode its state. */
  watched(taskId: string): boolean;
  /** Sends a state to all clients that watch the task. A slow client receives the latest state once it keeps up. */
  send(task: TaskSnapshot): void;
  /** Sends the final state after all earlier states. Afterwards no client watches the task any more. */
  finish(task: TaskSnapshot): void;
  /** The task has a new owner. Clients that may no longer see it receive nothing further. */
  handOver(task: TaskSnapshot): void;
  /** The task was removed. Clients receive nothing further about it. */
  remove(taskId: string): void;
  close(): void;
}
