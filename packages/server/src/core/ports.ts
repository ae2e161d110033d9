/**
 * What Signalbox needs from outside, as interfaces: time, a log, sessions, tasks, a store, and a way to speak to rooms.
 * Everything below the Socket.IO edge is written against these and nothing else.
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

/** Time from outside, so that tests turn the clock by hand. Timers never keep the process alive. */
export interface Clock {
  /** Milliseconds since the epoch, for what people read, what is stored and what expires. An operator may set it back. */
  now(): number;
  /** Milliseconds since some moment, for measuring how long something takes or lasts: it never goes back or jumps. */
  monotonic(): number;
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms`; the returned function stops it. */
  every(ms: number, run: () => void): () => void;
}

/** A structured log: fields first, then a sentence. pino's own loggers fit. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What identifies a session in a request. The value is a secret: it is never logged, sent or stored. */
export interface Credential {
  /**
   * `cookie` for everything that browsers attach by themselves: CSRF protection applies, and requests without Origin that
   * carry it are refused where they change something. A bearer token is put there by the client itself.
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
  /** Names the session without being usable as one: a hash of its id. Shown to administrators. */
  readonly ref: string;
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  /** Milliseconds since the epoch; null for a session that does not expire by itself. */
  readonly expiresAt: number | null;
}

/** Why a credential opens no session. `session_missing`: it is sound, but nobody has signed in with it yet. */
export type SessionProblem = "session_missing" | "session_invalid" | "session_expired" | "session_revoked";

/**
 * Word from the web application that sessions may have changed. Names a session, a user, or both; the sessions
 * concerned are then looked up again, so a source need not know what exactly changed.
 */
export interface SessionChange {
  readonly ref?: string;
  readonly userId?: string;
  /** Told to the client if the session turns out to have ended. Default `revoked`. */
  readonly reason?: SessionEndReason;
}

/** The web application's sessions, as Signalbox sees them. Adapters: express-session, Better Auth, bearer tokens. */
export interface SessionSource {
  /** Finds the credential in a request, without looking anything up; undefined when there is none of this sort. */
  credentialOf(carrier: CredentialCarrier): Credential | undefined;
  /** Looks the session up. Rejects only when the answer cannot be had (store down): that refuses as `unavailable`. */
  resolve(credential: Credential): Promise<Session | SessionProblem>;
  /** Ends a session at its source, so that its cookie or token opens nothing any more. False when unknown. */
  revoke?(ref: string): Promise<boolean>;
  /** Calls back whenever sessions may have changed; the returned function ends that. */
  watch?(onChange: (change: SessionChange) => void): () => void;
}

/** Who a socket or a request acts for. */
export interface Principal {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  /** Null for a guest, where SOCKETIO_REQUIRE_AUTH is false. */
  readonly session: { readonly ref: string; readonly expiresAt: number | null } | null;
}

/** The application's side of tasks: what to do when somebody may cancel one. */
export interface TaskControl {
  /**
   * Asks the application to stop a task. It reports the final state itself through `progress`, at once or when its
   * work has come to a halt; until then the task goes on.
   */
  cancel(task: TaskSnapshot, by: Principal): void | Promise<void>;
}

/** Which tasks to list: newest first. */
export interface TaskFilter extends PageRequest {
  ownerId?: string;
  /** Only tasks that have not ended. */
  active?: boolean;
}

/** Keeps the latest snapshot of each task. */
export interface TaskStore {
  get(taskId: string): Promise<TaskSnapshot | undefined>;
  /**
   * Stores a snapshot, unless a newer version is there or the task has ended there: final is final, whoever reports.
   * Resolves once that is durable, with the stored snapshot that kept it out; undefined when it was stored.
   */
  put(snapshot: TaskSnapshot): Promise<TaskSnapshot | undefined>;
  /** Forgets a task; one that is not there is no error. Resolves once that is durable. */
  remove(taskId: string): Promise<void>;
  list(filter: TaskFilter): Promise<Page<TaskSnapshot>>;
}

/** Which lines to list: those that have all of it. */
export type SecurityEventFilter = SecurityEventListRequest;

/** Keeps the security log. */
export interface SecurityEventStore {
  /** Inserts an event, or replaces the one with the same id when its count has grown. */
  put(events: readonly SecurityEvent[]): Promise<void>;
  /** Newest first. */
  list(filter: SecurityEventFilter): Promise<Page<SecurityEvent>>;
}

/** A notice as it is kept: one entry, however many people it is for. */
export interface StoredNotice {
  /** `everyone`, `role:<role>` or `user:<id>`. */
  readonly audience: string;
  readonly notice: Omit<Notification, "seq">;
  /** When it is to be escalated unless it was acknowledged, as ISO 8601 in UTC; without it, never. */
  readonly escalate_at?: string;
}

/** Who reads notifications, judged at the moment of reading. */
export interface NotificationReader {
  readonly userId: string;
  /** The audiences that the reader belongs to now; what is for others is neither shown nor counted. */
  readonly audiences: readonly string[];
  /** ISO 8601 in UTC; what has expired by then is neither shown nor counted. */
  readonly now: string;
}

/** A notice that is due to be escalated. */
export interface DueEscalation {
  /** The notice's place in the log. */
  readonly serial: number;
  readonly audience: string;
  readonly notice: StoredNotice["notice"];
  /** How often it has been claimed, this time included. */
  readonly tries: number;
}

/**
 * Keeps which notices are to be escalated, from the transaction that stores them until they are settled: a process that
 * dies in between loses none. Promises resolve once what they say is durable. Times are ISO 8601 in UTC.
 */
export interface EscalationStore {
  /** Takes those that are due and have not expired, longest due first. Until `until`, nobody else is given them. */
  claim(lease: { now: string; until: string; limit: number }): Promise<readonly DueEscalation[]>;
  /** Gives one back, to be claimed from then on. */
  postpone(serial: number, until: string): Promise<void>;
  /** It is dealt with, for good. */
  settle(serial: number): Promise<void>;
  /** Whether a user has acknowledged or read the notice. False for one that never reached them, or was forgotten. */
  hasAcknowledged(userId: string, serial: number): Promise<boolean>;
}

/** A notice that is kept for a user, and how far it has come with them. */
export interface UserNotice {
  /** The notice's place in the log. */
  readonly serial: number;
  readonly audience: string;
  readonly notice: StoredNotice["notice"];
  readonly state: NotificationState;
}

/**
 * Keeps notices in one log, and a ledger for each user, into which reading merges what the log has for them since:
 * there they get their `seq`, for good. Promises resolve once what they say is durable.
 */
export interface NotificationStore {
  append(notices: readonly StoredNotice[]): Promise<void>;
  /** In the order of `seq`. Without `after`: from the first that was not delivered. */
  read(reader: NotificationReader, from: { after?: number; limit: number }): Promise<NotificationPage>;
  /** Moves everything up to `seq` to a state, if it is not there or further already. */
  advance(reader: NotificationReader, state: Exclude<NotificationState, "stored">, seq: number): Promise<void>;
  /** Removes what has expired. */
  forget(now: string): Promise<void>;
  /**
   * What is kept for a user, expired or not, in the order of `serial`: notices for the user alone, and those for the other
   * `audiences` that reading has merged into the user's ledger. Merges nothing itself, for it does not know the user's role.
   */
  ofUser(
    user: Pick<NotificationReader, "userId" | "audiences">,
    from: { after: number; limit: number },
  ): Promise<readonly UserNotice[]>;
  /**
   * Removes the user's ledger, and of the notices for the user alone the `limit` oldest with their escalations.
   * Resolves with the number of notices removed.
   */
  eraseUser(userId: string, limit: number): Promise<number>;
  readonly escalations: EscalationStore;
}

/** Somebody whom an administrator keeps out. Times are ISO 8601 in UTC. */
export interface StoredBlock {
  /** Whom: a user, or the guests of an address. */
  readonly place: string;
  readonly since: string;
  readonly until: string;
  /** The administrator. */
  readonly by: string;
  readonly note: string;
}

/** Keeps the blocks that administrators impose. Promises resolve once what they say is durable. */
export interface BlockStore {
  /** Those that have not ended by then; what has may be forgotten. */
  list(now: string): Promise<readonly StoredBlock[]>;
  /** Replaces another one of the place. */
  put(block: StoredBlock): Promise<void>;
  remove(place: string): Promise<void>;
}

/** Everything Signalbox keeps. Memory by default; SQL through the `sql` subpath. */
export interface Store {
  readonly tasks: TaskStore;
  readonly securityEvents: SecurityEventStore;
  readonly notifications: NotificationStore;
  readonly blocks: BlockStore;
  /** Resolves when the store answers; used by readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A task as the other processes know it. */
export interface SharedTask {
  /** Undefined when none of them has told of it. */
  readonly task: TaskSnapshot | undefined;
  /** Whether whoever reported it is gone, so that nothing more will come unless somebody takes the work up. */
  readonly isAbandoned: boolean;
}

/** What came to pass with a task. */
export type TaskChange = "created" | "changed" | "ended" | "removed";

/** The tasks of this process, as the exchange sees them; implemented by the hub. */
export interface TaskExchangeListener {
  /** Another process told of a task. */
  received(change: TaskChange, task: TaskSnapshot): void;
  /** The state of a task that is followed from now on, or still. */
  found(task: TaskSnapshot): void;
  /** Another process reports a task that this one has reported so far. */
  taken(taskId: string): void;
  /** Another process has removed a task that this one reports. */
  removedElsewhere(taskId: string): void;
  /** Nobody here watches it any more. */
  unfollowed(taskId: string): void;
  /** Something may have been missed: to be looked up where it is kept. */
  lookAgain(taskId: string): void;
  /** What has been reported here comes together with what another process has reported; undefined if it did not. */
  merge(other: TaskSnapshot): TaskSnapshot | undefined;
  /** The tasks that this process reports. */
  held(): Iterable<TaskSnapshot>;
}

/** How the state of tasks travels between processes. Never rejects: what cannot be told now is told later. */
export interface TaskExchange {
  bind(listener: TaskExchangeListener): void;
  /** Tells those who follow the task; of changes within a tick the latest. `resumed`: queued again, with nobody at it. */
  share(change: TaskChange | "resumed", task: TaskSnapshot): void;
  /** What the other processes know; nothing while they cannot be asked. */
  read(taskIds: readonly string[]): Promise<ReadonlyMap<string, SharedTask>>;
  /** From now on changes of the task are received. */
  follow(taskId: string): void;
  unfollow(taskId: string): void;
  /** Whether the changes of all tasks are received. */
  followAll(wanted: boolean): void;
  /** Resolves when the first state of a followed task has been received. */
  synced(taskId: string): Promise<void> | undefined;
}

/** How feeds speak to clients; implemented by the Socket.IO edge. */
export interface Publisher {
  /** Sends an event to everybody in a room of a namespace, but to nobody who is in the room `except` as well. */
  publish(namespace: string, room: string, event: string, payload: unknown, except?: string): void;
  /** Whether it would reach anybody: nobody there, nothing to compute. */
  occupied(namespace: string, room: string, except?: string): boolean;
}

/** How tasks reach those who watch them; implemented by the Socket.IO edge. */
export interface ProgressPublisher {
  /** Whether anybody watches the task: nobody there, nothing to keep or encode. */
  watched(taskId: string): boolean;
  /** Sends a state to everybody who watches the task; to those who do not keep up, the latest once they do. */
  send(task: TaskSnapshot): void;
  /** Sends the final state, after everything that was sent before it; then nobody watches the task any more. */
  finish(task: TaskSnapshot): void;
  /** The task belongs to somebody else: whoever may not see it any more is sent nothing further. */
  handOver(task: TaskSnapshot): void;
  /** The task is no more: nobody is sent anything further. */
  remove(taskId: string): void;
  close(): void;
}
