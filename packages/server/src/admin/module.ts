import { type AdminAlert, namespaces } from "@signalbox/protocol";
import type { AppContext } from "../app/app-context.ts";
import { settingsInForce } from "../config/settings-in-force.ts";
import { answerBytes } from "../core/bounded-page.ts";
import { defineTopic } from "../core/message-bus.ts";
import type { Limits } from "../limits/module.ts";
import type { NotificationsModule } from "../notifications/module.ts";
import { securityEvents } from "../security-log/module.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import type { Sessions } from "../sessions/module.ts";
import type { Sockets } from "../socket-io/module.ts";
import type { NamespaceDefinition } from "../socket-io/namespaces/define-namespace.ts";
import type { Tasks } from "../tasks/module.ts";
import { createAdminCommands } from "./admin-commands.ts";
import { adminNamespace } from "./admin-namespace.ts";
import { createAdminViews } from "./admin-views.ts";
import { createDashboardFeed } from "./dashboard-feed.ts";
import { createMetricsHistory } from "./metrics-history.ts";

const adminAlert = defineTopic<AdminAlert["alert"]>("alert");

interface AdminOptions {
  readonly sockets: Sockets;
  readonly tasks: Tasks;
  readonly notifications: NotificationsModule;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly securityLog: SecurityLog;
  /** Where each setting comes from. */
  readonly configSources: ReadonlyMap<string, string> | undefined;
}

/** The namespace `/admin`, and what administrators receive there. */
export interface Admin {
  readonly namespace: NamespaceDefinition;
  /** Shows an alert to the administrators on every node. */
  alert(alert: AdminAlert["alert"]): void;
}

export function createAdmin(app: AppContext, options: AdminOptions): Admin {
  const { config, clock, bus, metrics, lifecycle } = app;
  const { sockets, tasks, sessions, limits, securityLog } = options;
  const history = createMetricsHistory(config.adminMetricsInterval);
  const dashboard = createDashboardFeed({
    hub: tasks.registry,
    publisher: sockets.publisher,
    clock,
    traffic: metrics.traffic,
    history,
    legacyEvents: config.legacyEvents,
    metricsIntervalMs: config.adminMetricsInterval * 1000,
    connections: sockets.connections,
    slowConnections: sockets.backpressure.slowCount,
    socketCounts: () => ({ user: sockets.count(namespaces.user), admin: sockets.count(namespaces.admin) }),
  });
  const commands = createAdminCommands({
    hub: tasks.registry,
    tasks: tasks.control,
    sources: sessions.sources,
    sessionChanged: sessions.changed,
    notifications: options.notifications.service,
    securityLog,
    limits,
    clock,
    disconnectUser: sockets.disconnectUser,
  });
  const views = createAdminViews({
    hub: tasks.registry,
    securityLog,
    backpressure: sockets.backpressure,
    latency: sockets.latency,
    limits,
    history,
    health: app.health,
    originPolicy: sockets.originPolicy,
    settings: settingsInForce(config, options.configSources),
    maxBytes: answerBytes(config.maxBufferedBytes),
    namespaces: sockets.opened,
  });

  bus.subscribe(securityEvents, dashboard.securityEvent);
  bus.subscribe(adminAlert, dashboard.alert);
  lifecycle.onClose(dashboard.close);
  return {
    namespace: adminNamespace({ views, commands, clock }),
    alert: (alert) => void bus.publish(adminAlert, alert),
  };
}
