import { createAdmin } from "./admin/module.ts";
import { createAppContext } from "./app/app-context.ts";
import { checkOptions, claimServer, releaseServer } from "./check-options.ts";
import { requireNode } from "./core/require-node.ts";
import { interceptRequests } from "./http/request-interceptor.ts";
import { createRequestAuthorizer } from "./http-api/authorize-request.ts";
import { createHttpApi } from "./http-api/module.ts";
import { createLimits } from "./limits/module.ts";
import { createNotificationsModule } from "./notifications/module.ts";
import type { Realtime, RealtimeOptions } from "./realtime.ts";
import { createLegacyBroadcast } from "./rooms/legacy-broadcast.ts";
import { createSecurityLogModule } from "./security-log/module.ts";
import { createSessions } from "./sessions/module.ts";
import { createSockets } from "./socket-io/module.ts";
import { createTasks } from "./tasks/module.ts";
import { userNamespace } from "./user-namespace.ts";
import { createUsers } from "./users/user-data.ts";

/**
 * Adds the real-time layer to an HTTP server. Each module is created after those it uses, and closed before them.
 * @throws TypeError when an option is missing or has the wrong type, or the server has a real-time layer already
 */
export function createRealtime(options: RealtimeOptions): Realtime {
  checkOptions(options);
  requireNode();
  const { httpServer, config, logger, clock, store, cluster, roomAccess, configSources } = options;
  const app = createAppContext({ config, logger, clock, store, transport: cluster });
  if (cluster !== undefined) app.lifecycle.onClose(() => cluster.close());
  const securityLog = createSecurityLogModule(app);
  const limits = createLimits(app, cluster);
  const sessions = createSessions(app, [options.sessions].flat());
  if (cluster !== undefined) app.dependencies.add(cluster.health);
  const sockets = createSockets(app, { limits, sessions, securityLog, nodes: cluster });
  const tasks = createTasks(app, { sockets, control: options.tasks, nodes: cluster });
  const { onUnacknowledged } = options.notifications ?? {};
  const notifications = createNotificationsModule(app, { sockets, onUnacknowledged });
  const admin = createAdmin(app, { sockets, tasks, notifications, limits, sessions, securityLog, configSources });
  sockets.open(userNamespace(app, { tasks, notifications, securityLog, roomAccess }));
  sockets.open(admin.namespace);

  const httpApi = createHttpApi(app, { sockets, tasks, notifications, sessions, securityLog });
  claimServer(httpServer);
  const stopIntercepting = interceptRequests(httpServer, [sockets.endpoint, ...httpApi], app.requestId);
  app.lifecycle.onClose(() => {
    stopIntercepting();
    releaseServer(httpServer);
  });

  return {
    io: sockets.io,
    progress: tasks.registry,
    notify: notifications.service.notify,
    users: createUsers(app, { sockets, tasks, notifications, limits, sessions, securityLog }),
    admin: { alert: admin.alert },
    legacy: createLegacyBroadcast(sockets.io),
    originPolicy: sockets.originPolicy,
    namespace: sockets.open,
    authorize: createRequestAuthorizer({
      originGuard: sockets.originGuard,
      authenticator: sessions.authenticator,
      onRefused: sockets.refusals.http,
    }),
    clientAddress: app.clientAddress,
    recordSecurityEvent: securityLog.record,
    sessionChanged: sessions.changed,
    drain: app.lifecycle.drain,
    close: app.lifecycle.close,
  };
}
