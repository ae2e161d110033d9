/** The options of the real-time layer, and its interface. */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AdminAlert, SecurityEventType } from "@signalbox/protocol";
import type { Cluster } from "./cluster/cluster.ts";
import type { Config } from "./config/settings.ts";
import type { Clock, Log, Principal, SessionChange, SessionSource, Store, TaskControl } from "./core/ports.ts";
import type { WebRequest } from "./http/web-request.ts";
import type { OnUnacknowledged } from "./notifications/escalations.ts";
import type { Notify } from "./notifications/notification-service.ts";
import type { OriginPolicy } from "./origin/origin-policy.ts";
import type { Legacy } from "./rooms/legacy-broadcast.ts";
import type { RoomAccess } from "./rooms/room-access.ts";
import type { NamespaceDefinition } from "./socket-io/namespaces/define-namespace.ts";
import type { RealtimeNamespace, RealtimeServer } from "./socket-io/socket.ts";
import type { ProgressHub } from "./tasks/task-registry.ts";
import type { Users } from "./users/user-data.ts";

/** The options of `createRealtime`: an HTTP server, settings, sessions, and what the application adds. */
export interface RealtimeOptions {
  /** The application's server: Express, Fastify or plain. It keeps its routes; our routes are answered before them. */
  httpServer: HttpServer | HttpsServer;
  /** From `loadConfig()`. */
  config: Config;
  /** From `loadConfig()`: shown to administrators beside each value. */
  configSources?: ReadonlyMap<string, string>;
  /** The application's sessions; with several sources the first that finds a credential decides. */
  sessions: SessionSource | readonly SessionSource[];
  /** What to do when a user cancels a task; without it, cancelling answers `unavailable`. */
  tasks?: TaskControl;
  /** Which rooms a user may join by name; without it, none. Called again whenever the user's rights change. */
  roomAccess?: RoomAccess;
  notifications?: {
    /**
     * Called for critical notifications that were not acknowledged within SIGNALBOX_NOTICE_ESCALATION. Notifications
     * that are sent without this function are not escalated, then or later.
     */
    onUnacknowledged?: OnUnacknowledged;
  };
  /** Default: in memory, lost when the process ends. */
  store?: Store;
  /** From `connectRedis(config)`: joins this process to the others. They need one store. Closed with the layer. */
  cluster?: Cluster;
  /** Default: JSON lines on standard output, at SOCKETIO_LOG_LEVEL. */
  logger?: Log;
  /** For tests. */
  clock?: Clock;
}

/** Events that an application adds to the security log. Texts may come from clients: they are escaped and cut. */
export interface ApplicationSecurityEvent {
  type: Extract<SecurityEventType, "sign_in_failed" | "rate_limited">;
  /** From `clientAddress(req)`. */
  ip: string;
  userId?: string | undefined;
  /** What made the application refuse, such as `password_wrong`. */
  code?: string | undefined;
  detail: string;
}

/** A running real-time layer. */
export interface Realtime {
  /** Socket.IO itself, for what this layer does not cover. Namespaces opened on it directly refuse every client. */
  readonly io: RealtimeServer;
  readonly progress: ProgressHub;
  /** Sends notifications, which are kept for users who are offline. */
  readonly notify: Notify;
  /** Exports and erases the data of a user. */
  readonly users: Users;
  readonly admin: { alert(alert: AdminAlert["alert"]): void };
  readonly legacy: Legacy;
  readonly originPolicy: OriginPolicy;
  /** Opens a namespace of the application's own. */
  namespace(definition: NamespaceDefinition): RealtimeNamespace;
  /**
   * Guards a route of the application: origin, session and, for methods that change something, the CSRF token.
   * Takes the request of Node (`request.raw` of Fastify), or that of a web framework such as Next's App Router.
   * @throws Refusal `origin_refused`, `session_*`, `csrf_invalid`, `unavailable`
   */
  authorize(req: IncomingMessage | WebRequest): Promise<Principal>;
  /** The client's address, through trusted proxies only (TRUST_PROXY). */
  clientAddress(req: IncomingMessage): string;
  /**
   * Records in the security log what the application itself refused, such as a failed sign-in. Repeated ones are
   * folded.
   */
  recordSecurityEvent(event: ApplicationSecurityEvent): void;
  /** For session sources that cannot announce changes themselves: a logout, ban or role change just happened. */
  sessionChanged(change: SessionChange): Promise<void>;
  /**
   * Fails readiness and continues for SIGNALBOX_DRAIN_DELAY, so that load balancers notice. Then it answers accepted
   * requests, notifies clients of the restart and closes their connections within SIGNALBOX_DRAIN_WINDOW. Progress and
   * notifications are accepted until `close`, for an application that has work to finish in between.
   */
  drain(): Promise<void>;
  /**
   * Drains, stores what is not stored yet, and detaches from the HTTP server. Another call waits for the same end, as
   * `drain` does.
   */
  close(): Promise<void>;
}
