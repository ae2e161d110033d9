import type { AppContext } from "../app/app-context.ts";
import type { HttpEndpoint } from "../http/request-interceptor.ts";
import type { NotificationsModule } from "../notifications/module.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import type { Sessions } from "../sessions/module.ts";
import type { Sockets } from "../socket-io/module.ts";
import type { Tasks } from "../tasks/module.ts";
import { createClientRoutes } from "./client-routes.ts";
import { createCspReports } from "./csp-reports.ts";
import { createOperationRoutes } from "./operation-routes.ts";

interface HttpApiOptions {
  readonly sockets: Sockets;
  readonly tasks: Tasks;
  readonly notifications: NotificationsModule;
  readonly sessions: Sessions;
  readonly securityLog: SecurityLog;
}

/** The HTTP routes: `/realtime/…` for clients, and health and metrics for operators. */
export function createHttpApi(app: AppContext, options: HttpApiOptions): HttpEndpoint[] {
  const { config, clock, metrics, health, lifecycle, version, exposeHints, clientAddress, requestId, onFault } = app;
  const { sockets, tasks, notifications, sessions, securityLog } = options;
  const onRefused = sockets.refusals.http;

  // Readiness fails from the beginning of draining: load balancers have this time to notice.
  lifecycle.onDrain(() => {
    if (config.drainDelay === 0) return undefined;
    return new Promise<void>((resolve) => clock.after(config.drainDelay * 1000, resolve));
  });

  const clientRoutes = createClientRoutes({
    config,
    exposeHints,
    version,
    clock,
    originGuard: sockets.originGuard,
    authenticator: sessions.authenticator,
    csrf: sessions.csrf,
    hub: tasks.registry,
    notifications: notifications.service,
    clientAddress,
    onRefused,
    onFault,
    cspReport: createCspReports({
      clock,
      exposeHints,
      clientAddress,
      requestId,
      onRefused,
      onFault,
      record: securityLog.record,
    }),
    namespaces: () => sockets.opened.map(({ name }) => name),
  });
  const operationRoutes = createOperationRoutes({
    metrics,
    health,
    exposeHints,
    onRefused,
    onFault,
    metricsToken: config.metricsToken,
    isProduction: config.mode === "production",
  });
  return [clientRoutes, ...(config.operationRoutes ? [operationRoutes] : [])];
}
