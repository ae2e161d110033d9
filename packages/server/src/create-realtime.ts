import { randomBytes } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { namespaces, type SecurityEventType, type TaskSnapshot } from "@signalbox/protocol";
import type { Socket as EngineSocket } from "engine.io";
import { createAdminCommands } from "./admin/admin-commands.ts";
import { adminNamespace } from "./admin/admin-namespace.ts";
import { createAdminViews } from "./admin/admin-views.ts";
import { createDashboardFeed } from "./admin/dashboard-feed.ts";
import { createMetricsHistory } from "./admin/metrics-history.ts";
import { checkOptions, claimServer, releaseServer } from "./check-options.ts";
import {
  countSlots,
  disconnectEverywhere,
  joinCluster,
  membersEverywhere,
  slotsTaken,
} from "./cluster/join-cluster.ts";
import { boundLog } from "./config/bound-log.ts";
import { exposeHints as exposesHints } from "./config/load-config.ts";
import { createLog } from "./config/log-from-config.ts";
import { settingsInForce } from "./config/settings-in-force.ts";
import { trustProxies } from "./config/trusted-proxies.ts";
import { answerBytes } from "./core/bounded-page.ts";
import { systemClock } from "./core/clock.ts";
import type { SessionChange } from "./core/ports.ts";
import { Refusal } from "./core/refusal.ts";
import { requireNode } from "./core/require-node.ts";
import { version } from "./core/version.ts";
import { createClientAddress } from "./http/client-address.ts";
import { createRequestId, requestIdHeader } from "./http/request-id.ts";
import { interceptRequests } from "./http/request-interceptor.ts";
import { rawPath } from "./http/request-url.ts";
import { createRequestAuthorizer } from "./http-api/authorize-request.ts";
import { createClientRoutes } from "./http-api/client-routes.ts";
import { createCspReports } from "./http-api/csp-reports.ts";
import { createOperationRoutes } from "./http-api/operation-routes.ts";
import { createAdminBlocks } from "./limits/admin-blocks.ts";
import { createAutomaticBlocks } from "./limits/automatic-blocks.ts";
import { type Block, blockRefusal } from "./limits/block.ts";
import { createRateLimits } from "./limits/rate-limits.ts";
import { limitSubject } from "./limits/subject.ts";
import { createEscalations } from "./notifications/escalations.ts";
import { trackStoreHealth } from "./notifications/health-tracked-store.ts";
import { createNotificationDelivery } from "./notifications/notification-delivery.ts";
import { createNotifications } from "./notifications/notification-service.ts";
import { createDebugLog } from "./observability/debug-log.ts";
import { createDependencyHealth, type DependencyHealth } from "./observability/dependency-health.ts";
import { createHealthReport } from "./observability/health-report.ts";
import { createMetrics } from "./observability/metrics.ts";
import { createTrace } from "./observability/tracing.ts";
import { createTrafficCounters } from "./observability/traffic-counters.ts";
import { createOriginGuard } from "./origin/origin-guard.ts";
import { createOriginPolicy } from "./origin/origin-policy.ts";
import type { Realtime, RealtimeOptions } from "./realtime.ts";
import { createLegacyBroadcast } from "./rooms/legacy-broadcast.ts";
import { createSecurityLog } from "./security-log/security-log.ts";
import { createAmbientCredentialCheck } from "./sessions/ambient-credential.ts";
import { createAuthenticator } from "./sessions/authenticator.ts";
import { checkChange, checkUnwatch } from "./sessions/check-session.ts";
import { createCsrf } from "./sessions/csrf.ts";
import { createSessionLookup } from "./sessions/session-lookup.ts";
import { createConnectionContexts } from "./socket-io/connections/connection-context.ts";
import { createSocketServer } from "./socket-io/connections/create-server.ts";
import { disconnectBlocked, disconnectUser } from "./socket-io/connections/disconnect.ts";
import { createEngineGuard } from "./socket-io/connections/engine-guard.ts";
import { answerWithinMs, createGracefulShutdown } from "./socket-io/connections/graceful-shutdown.ts";
import { createInFlightRequests } from "./socket-io/connections/in-flight-requests.ts";
import { createRefusalReporter } from "./socket-io/connections/refusal-reporter.ts";
import { refuseAdminUi } from "./socket-io/connections/refuse-admin-ui.ts";
import { terminateStale } from "./socket-io/connections/terminate-stale.ts";
import { createViolationLimit } from "./socket-io/connections/violation-limit.ts";
import { createRoomPublisher } from "./socket-io/delivery/room-publisher.ts";
import type { NamespaceDefinition } from "./socket-io/namespaces/define-namespace.ts";
import {
  guardNamespace,
  guardUndefinedNamespaces,
  type NamespaceGuardOptions,
} from "./socket-io/namespaces/namespace-guard.ts";
import { createPendingConnects } from "./socket-io/namespaces/pending-connects.ts";
import { createSessionMonitor } from "./socket-io/namespaces/session-monitor.ts";
import { watchUnknownNamespaces } from "./socket-io/namespaces/unknown-namespaces.ts";
import { liveSockets, logFields, membersOf, type RealtimeNamespace, type RealtimeSocket } from "./socket-io/socket.ts";
import { createMemoryStore } from "./store/memory.ts";
import { createProgressDelivery } from "./tasks/progress-delivery.ts";
import { createProgressFeed } from "./tasks/progress-feed.ts";
import { createTaskRegistry } from "./tasks/task-registry.ts";
import { userNamespace } from "./user-namespace.ts";
import { createUsers } from "./users/user-data.ts";

/**
 * The share of SIGNALBOX_CONNECT_TIMEOUT that a session look-up may take: with all of it, the connection would be closed
 * for being in no namespace before its client is told `unavailable`.
 */
const lookupShare = 0.8;

/**
 * Adds the real-time layer to an HTTP server. The only place where its parts are joined, in the order in which a
 * connection meets them.
 * @throws TypeError when an option is missing or is something else, or the server has a real-time layer already
 */
export function createRealtime(options: RealtimeOptions): Realtime {
  checkOptions(options);
  const { httpServer, config, tasks, cluster, clock = systemClock } = options;
  requireNode();
  const log = options.logger === undefined ? createLog(config) : boundLog(options.logger, clock);
  const debug = createDebugLog(config, log);
  const trace = createTrace(version);
  const store = options.store ?? createMemoryStore({ maxSecurityEvents: config.securityLogRows });
  const sources = [options.sessions].flat();
  const exposeHints = exposesHints(config);
  const serverId = randomBytes(6).toString("hex");
  const opened: RealtimeNamespace[] = [];
  const definitions = new Map<string, NamespaceDefinition>();
  const inFlight = createInFlightRequests(clock);
  const shutdown = createGracefulShutdown({ config, clock, inFlight });
  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const isTrusted = trustProxies(config.trustProxy);
  const requestId = createRequestId(isTrusted);
  const onFault = (req: IncomingMessage, error: unknown) =>
    log.error({ err: error, request_id: requestId(req) }, "A request failed unexpectedly.");

  // State and policy.
  const hub = createTaskRegistry({ store: store.tasks, exchange: cluster?.tasks, clock, log });
  const securityLog = createSecurityLog({
    store: store.securityEvents,
    clock,
    log,
    foldMs: config.securityFold * 1000,
    publish(event) {
      dashboard.securityEvent(event);
      cluster?.tell("security_event", event);
    },
  });
  const clientAddress = createClientAddress(isTrusted);
  const originPolicy = createOriginPolicy(config);
  const limits = createRateLimits(config, clock, cluster);
  const violations = createViolationLimit(clock);
  const blocks = createAutomaticBlocks(clock);
  const imposed = createAdminBlocks({ store: store.blocks, clock, log });
  const csrf = createCsrf(config.secret);
  const storeHealth = createDependencyHealth({ name: "store", clock, log });
  const notificationHealth = createDependencyHealth({ name: "store of notifications", clock, log });
  const sessionHealth = createDependencyHealth({ name: "session store", clock, log });
  const lookup = createSessionLookup({
    ...{ sources, clock, log, health: sessionHealth, trace, debug: debug("sessions") },
    cacheMs: config.sessionCache,
    timeoutMs: config.connectTimeout * 1000 * lookupShare,
  });
  const authenticator = createAuthenticator(config, lookup, csrf);
  const dependencies: readonly (readonly [string, DependencyHealth])[] = [
    ...([
      ["store", storeHealth],
      ["notifications", notificationHealth],
      ["sessions", sessionHealth],
    ] as const),
    ...(cluster === undefined ? [] : ([["redis", cluster.health]] as const)),
  ];

  // Socket.IO, and what is measured of it.
  const traffic = createTrafficCounters();
  const { io, engine, writeBatcher, backpressure, latency } = createSocketServer({
    config,
    clock,
    log,
    traffic,
    createAdapter: cluster?.createAdapter,
    onFlood,
    onOverflow,
    onMalformed,
  });
  refuseAdminUi(io);
  const stopLingering = terminateStale(engine, clock);
  const countSockets = (path: string) => io.of(path).sockets.size;
  const metrics = createMetrics({
    traffic,
    connections: () => engine.clientsCount,
    slowConnections: backpressure.slowCount,
    sockets: () => opened.map(({ name }) => ({ namespace: name, count: countSockets(name) })),
    tasks: () => hub.counts(),
    securityEvents: securityLog.counts,
    dependencies: () => dependencies.map(([name, part]) => ({ name, status: part.status() })),
    version,
  });
  const contexts = createConnectionContexts({ engine, lookup, clientAddress, requestId });
  const refusalReporter = createRefusalReporter({
    ...{ securityLog, metrics, contexts, clientAddress, requestId, onBlocked },
    offend(place, type) {
      // What is only reported has been let pass.
      const passed = config.corsReportOnly && type === "origin_refused";
      return config.penalties && !passed ? blocks.offend(place, type) : undefined;
    },
  });

  const notificationStore = trackStoreHealth(store.notifications, notificationHealth);
  const delivery = createNotificationDelivery({
    ...{ store: notificationStore, clock, log, backpressure },
    lowWaitMs: config.noticeBatch * 1000,
    namespace: () => io.of(namespaces.user),
    onDelivered: (userId, after, upTo) => cluster?.tell("notices_delivered", { userId, after, upTo }),
  });
  const { onUnacknowledged } = options.notifications ?? {};
  const debugNotice = debug("notifications");
  const notifications = createNotifications({
    ...{ store: notificationStore, clock },
    maxBytes: answerBytes(config.maxBufferedBytes),
    onStored(userIds) {
      debugNotice?.({ users: userIds }, "Notice stored.");
      delivery.wake(userIds);
      cluster?.tell("notices_stored", userIds);
    },
    onAdvanced(userId) {
      delivery.restate(userId);
      cluster?.tell("notices_advanced", userId);
    },
    count: metrics.notices,
    escalateAfterMs: onUnacknowledged && config.noticeEscalation * 1000,
    membersOf: (room) => (cluster === undefined ? membersOf : membersEverywhere)(io.of(namespaces.user), room),
  });

  const stopEscalating =
    onUnacknowledged &&
    createEscalations({
      ...{ store: notificationStore.escalations, clock, log, onUnacknowledged },
      onOutcome: metrics.escalation,
      onBegun: inFlight.add,
    });

  // The ways in: the Engine.IO endpoint, our HTTP routes, the application's own.
  const onRefused = (req: IncomingMessage, refusal: Refusal, type?: SecurityEventType) =>
    refusalReporter.http(req, refusal, type);
  const originGuard = createOriginGuard({
    ...{ config, policy: originPolicy, onRefused, debug: debug("origin") },
    hasAmbientCredential: createAmbientCredentialCheck(sources),
  });
  const engineGuard = createEngineGuard({
    ...{
      engine,
      config,
      exposeHints,
      originGuard,
      limits,
      lookup,
      contexts,
      clientAddress,
      requestId,
      requireOpen: shutdown.requireOpen,
      onRefused,
      onFault,
    },
  });
  const routes = createClientRoutes({
    ...{
      config,
      exposeHints,
      version,
      clock,
      originGuard,
      authenticator,
      csrf,
      hub,
      notifications,
      clientAddress,
      onRefused,
      onFault,
    },
    cspReport: createCspReports({
      ...{ clock, exposeHints, clientAddress, requestId, onRefused, onFault },
      record: securityLog.record,
    }),
    namespaces: () => opened.map(({ name }) => name),
  });
  const health = createHealthReport({
    store,
    storeHealth,
    notificationHealth,
    sessionHealth,
    redisHealth: cluster?.health,
    clock,
    version,
    serverId,
    isDraining: shutdown.isAnnounced,
  });
  const operation = createOperationRoutes({
    ...{ metrics, health, exposeHints, onRefused, onFault },
    metricsToken: config.metricsToken,
    isProduction: config.mode === "production",
  });
  const enginePaths: readonly string[] = [config.path, config.path.slice(0, -1)];
  // Some proxies and rewrites take the slash at the end away.
  const isEngine = (url: string | undefined) => enginePaths.includes(rawPath(url));
  engine.on("headers", (headers: OutgoingHttpHeaders, req: IncomingMessage) => {
    headers[requestIdHeader] = requestId(req);
  });
  claimServer(httpServer);
  const removeFront = interceptRequests(httpServer, {
    owns: (url, method) => isEngine(url) || routes.owns(url) || (config.operationRoutes && operation.owns(url, method)),
    request(req, res) {
      res.setHeader(requestIdHeader, requestId(req));
      if (isEngine(req.url)) engineGuard.request(req, res);
      else if (routes.owns(req.url)) routes.handle(req, res);
      else operation.handle(req, res);
    },
    // Engine.IO would open a WebSocket for any transport, and cannot where only polling is served.
    ownsUpgrade: (url) => isEngine(url) && /[?&]transport=websocket(&|$)/.test(url ?? ""),
    upgrade: engineGuard.upgrade,
  });

  // Live sockets follow their sessions.
  const watch = createSessionMonitor({
    ...{ lookup, clock, log },
    recheckMs: config.sessionValidation ? config.sessionRecheck * 1000 : Number.POSITIVE_INFINITY,
    sockets: () => (config.sessionValidation ? liveSockets(opened) : []),
    definitionOf: (socket) => definitions.get(socket.nsp.name) as NamespaceDefinition,
    onEnded({ data, nsp }, reason) {
      const type = reason === "banned" ? "banned" : "session_revoked";
      const detail = `A live connection was ended: ${reason}.`;
      securityLog.record({ type, ip: data.ip, userId: data.principal.userId, namespace: nsp.name, detail });
    },
  });
  const sessionChanged = async (told: SessionChange): Promise<void> => {
    const change = checkChange(told);
    cluster?.tell("session_changed", change);
    await watch.changed(change);
  };
  const onSourceChanged = (change: SessionChange): void => {
    sessionChanged(change).catch((error: unknown) => log.error({ err: error }, "A session change was not applied."));
  };
  const unwatch = sources.map((source) => checkUnwatch(source.watch?.(onSourceChanged)));

  // The namespaces.
  const places = createPendingConnects({ clock, idleMs: config.connectTimeout * 1000 });
  const onHandshakeRefused = (socket: RealtimeSocket, refusal: Refusal): void => {
    refusalReporter.socket(socket, refusal, null);
    violations.handshake(socket.conn);
  };
  const mountOptions: NamespaceGuardOptions = {
    ...{ config, clock, log, serverId, authenticator, limits, places, contexts, writeBatcher },
    slots: cluster?.slots,
    requireOpen: shutdown.requireOpen,
    onRefused: onHandshakeRefused,
    requireUnblocked(place) {
      const block = imposed.of(place) ?? blocks.of(place);
      if (block !== undefined) throw blockRefusal(block, clock.now());
    },
    onConnected(socket) {
      watch.adopt(socket);
      if (config.logConnections) log.info(logFields(socket), "Connected.");
    },
    onDisconnected(socket, reason) {
      if (config.logConnections) log.info({ ...logFields(socket), reason }, "Disconnected.");
    },
    dispatcher: {
      ...{ clock, log, exposeHints, inFlight },
      requireServed: shutdown.requireServed,
      ...{ trace, debug: debug("events") },
      maxRoomsPerSocket: config.maxRoomsPerSocket,
      takeMessage: (principal, ip) => limits.message(limitSubject(principal, ip)),
      onRefused(socket, refusal, name) {
        refusalReporter.socket(socket, refusal, name);
        violations.event(socket);
      },
      onHandled: metrics.event,
    },
  };
  guardUndefinedNamespaces(io, (path) => definitions.has(path), onHandshakeRefused);
  watchUnknownNamespaces(engine, io, (conn, name) => {
    const hint = `There is no namespace ${JSON.stringify(name)}.`;
    refusalReporter.connection(conn, new Refusal("event_unknown", { hint }));
    violations.handshake(conn);
  });
  const disconnect = (userId: string) =>
    cluster === undefined ? disconnectUser(opened, userId) : disconnectEverywhere(opened, userId);
  const commands = createAdminCommands({
    ...{ hub, tasks, sources, securityLog, blocks, imposed, notifications, clock, onBlocked },
    sessionChanged,
    onLifted: (place) => cluster?.tell("lifted", place),
    disconnectUser: disconnect,
  });
  const history = createMetricsHistory(config.adminMetricsInterval);
  const views = createAdminViews({
    ...{ hub, securityLog, backpressure, latency, blocks, imposed, history, health, originPolicy },
    settings: settingsInForce(config, options.configSources),
    maxBytes: answerBytes(config.maxBufferedBytes),
    namespaces: opened,
  });
  const { roomAccess } = options;
  const { requireAuth, legacyEvents } = config;
  open(userNamespace({ hub, notifications, tasks, roomAccess, securityLog, clock, requireAuth, legacyEvents }));
  open(adminNamespace({ views, commands, clock }));

  const debugTask = debug("tasks");
  if (debugTask !== undefined) {
    const tell = ({ task_id, version, status, percent }: TaskSnapshot): void =>
      debugTask({ task_id, version, status, percent }, "Task changed.");
    hub.subscribe({ created: tell, changed: tell, ended: tell });
  }

  // Feeds: what the server says without being asked.
  const publisher = createRoomPublisher(io);
  const progressFeed = createProgressFeed({
    ...{ hub, clock, flushMs: config.progressFlush },
    publisher: createProgressDelivery({
      ...{ io, writeBatcher, backpressure, clock, flushMs: config.progressFlush },
      maxTasks: config.progressTickTasks,
      maxBytes: config.progressTickBytes,
    }),
  });
  const dashboard = createDashboardFeed({
    ...{ hub, publisher, clock, traffic, history, legacyEvents },
    metricsIntervalMs: config.adminMetricsInterval * 1000,
    connections: () => engine.clientsCount,
    slowConnections: backpressure.slowCount,
    socketCounts: () => ({ user: countSockets(namespaces.user), admin: countSockets(namespaces.admin) }),
  });

  if (cluster !== undefined) {
    cluster.slots.bind(() => slotsTaken(opened));
    cluster.serve(store.tasks);
    const [user, admin] = [io.of(namespaces.user), io.of(namespaces.admin)];
    joinCluster({ cluster, user, admin, watch, delivery, blocks, imposed, dashboard, onBlocked: endBlocked });
  }

  return {
    io,
    progress: hub,
    notify: notifications.notify,
    users: createUsers({
      ...{ hub, store, securityLog, blocks, imposed, clock },
      notifications: notificationStore,
      async disconnect(userId) {
        await sessionChanged({ userId, reason: "removed" });
        await disconnect(userId);
      },
    }),
    admin: {
      alert(alert) {
        dashboard.alert(alert);
        cluster?.tell("alert", alert);
      },
    },
    legacy: createLegacyBroadcast(io),
    originPolicy,
    namespace: open,
    authorize: createRequestAuthorizer({ originGuard, authenticator, onRefused }),
    clientAddress,
    recordSecurityEvent: securityLog.record,
    sessionChanged,
    drain,
    close() {
      closed ??= close();
      return closed;
    },
  };

  function drain(): Promise<void> {
    drained ??= drainOnce();
    return drained;
  }

  async function drainOnce(): Promise<void> {
    const noticed = shutdown.announce();
    if (noticed !== undefined) await noticed;
    stopEscalating?.();
    await Promise.all([shutdown.closeAll(engine, opened), inFlight.settled(answerWithinMs)]);
  }

  async function close(): Promise<void> {
    await drain();
    removeFront();
    releaseServer(httpServer);
    stopLingering();
    backpressure.close();
    for (const stop of unwatch) stop?.();
    watch.close();
    progressFeed.close();
    dashboard.close();
    imposed.close();
    notifications.close();
    await delivery.close();
    limits.close();
    await hub.close();
    await securityLog.close();
    await cluster?.close();
  }

  function open(definition: NamespaceDefinition): RealtimeNamespace {
    if (definitions.has(definition.path)) throw new TypeError(`Namespace ${definition.path} is open already.`);
    definitions.set(definition.path, definition);
    const namespace = guardNamespace(io, definition, mountOptions);
    opened.push(namespace);
    if (cluster !== undefined) countSlots(cluster, namespace);
    return namespace;
  }

  function onBlocked(block: Block): void {
    cluster?.tell(block.by === undefined ? "blocked" : "imposed", block);
    endBlocked(block);
  }

  function endBlocked(block: Block): void {
    disconnectBlocked(opened, block.place, blockRefusal(block, clock.now()).toMessage(exposeHints));
  }

  function onFlood(conn: EngineSocket): void {
    const hint = "A connection sent more packets than any client needs, and was closed.";
    refusalReporter.connection(conn, new Refusal("rate_limited", { hint }));
  }

  function onMalformed(conn: EngineSocket, refusal: Refusal): void {
    refusalReporter.connection(conn, refusal);
  }

  function isAdministrator(conn: EngineSocket): boolean {
    return [...io.of(namespaces.admin).sockets.values()].some((socket) => socket.conn === conn);
  }

  function onOverflow(conn: EngineSocket): void {
    traffic.overflows += 1;
    // Administrators are sent lists and feeds as large as the server is busy: that is no offence of theirs.
    if (isAdministrator(conn)) return log.warn({}, "The connection of an administrator was closed: it did not read.");
    const hint = `A client did not read what was sent to it: more than ${config.maxBufferedBytes} bytes (SIGNALBOX_MAX_BUFFERED_BYTES) waited, and its connection was closed.`;
    refusalReporter.connection(conn, new Refusal("rate_limited", { hint }));
  }
}
