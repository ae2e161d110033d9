import type { OutgoingHttpHeaders } from "node:http";
import { namespaces } from "@signalbox/protocol";
import type { Socket as EngineSocket } from "engine.io";
import type { AppContext } from "../app/app-context.ts";
import type { Publisher } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { requestIdHeader } from "../http/request-id.ts";
import type { HttpEndpoint } from "../http/request-interceptor.ts";
import { rawPath } from "../http/request-url.ts";
import { type Block, blockRefusal } from "../limits/block.ts";
import { adminBlockBegun, automaticBlockBegun, type Limits } from "../limits/module.ts";
import { limitSubject } from "../limits/subject.ts";
import { createOriginGuard, type OriginGuard } from "../origin/origin-guard.ts";
import { createOriginPolicy, type OriginPolicy } from "../origin/origin-policy.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import { type Sessions, sessionChanged } from "../sessions/module.ts";
import { createConnectionContexts } from "./connections/connection-context.ts";
import { createSocketServer } from "./connections/create-server.ts";
import { disconnectBlocked, disconnectUser } from "./connections/disconnect.ts";
import { createEngineGuard, type EngineGuard } from "./connections/engine-guard.ts";
import { answerWithinMs, createGracefulShutdown } from "./connections/graceful-shutdown.ts";
import { createInFlightRequests, type InFlightRequests } from "./connections/in-flight-requests.ts";
import type { Latency } from "./connections/latency.ts";
import { createRefusalReporter, type RefusalReporter } from "./connections/refusal-reporter.ts";
import { refuseAdminUi } from "./connections/refuse-admin-ui.ts";
import { terminateStale } from "./connections/terminate-stale.ts";
import { createViolationLimit } from "./connections/violation-limit.ts";
import type { Backpressure } from "./delivery/backpressure.ts";
import type { AdapterFactory } from "./delivery/batching-cluster-adapter.ts";
import { createRoomPublisher } from "./delivery/room-publisher.ts";
import type { WriteBatcher } from "./delivery/write-batcher.ts";
import { type SlotCounter, shareSlots, slotsTaken } from "./namespaces/connection-slots.ts";
import type { NamespaceDefinition } from "./namespaces/define-namespace.ts";
import { guardNamespace, guardUndefinedNamespaces, type NamespaceGuardOptions } from "./namespaces/namespace-guard.ts";
import { createPendingConnects } from "./namespaces/pending-connects.ts";
import { createSessionMonitor } from "./namespaces/session-monitor.ts";
import { watchUnknownNamespaces } from "./namespaces/unknown-namespaces.ts";
import { liveSockets, logFields, type RealtimeNamespace, type RealtimeServer, type RealtimeSocket } from "./socket.ts";

/** Socket.IO behind its guards, and what modules use to reach connections. */
export interface Sockets {
  readonly io: RealtimeServer;
  /** Namespaces in the order in which they were opened. */
  readonly opened: readonly RealtimeNamespace[];
  /** Answers requests and upgrades to SOCKETIO_PATH. */
  readonly endpoint: HttpEndpoint;
  readonly originPolicy: OriginPolicy;
  readonly originGuard: OriginGuard;
  readonly refusals: RefusalReporter;
  readonly writeBatcher: WriteBatcher;
  readonly backpressure: Backpressure;
  readonly latency: Latency;
  readonly publisher: Publisher;
  readonly inFlight: InFlightRequests;
  /** @throws TypeError when the path is open already */
  open(definition: NamespaceDefinition): RealtimeNamespace;
  connections(): number;
  /** Sockets of a namespace on this node. */
  count(path: string): number;
  /** Closes the connections of a user on every node. Resolves with the number of sockets that were closed. */
  disconnectUser(userId: string): Promise<number>;
}

interface SocketsOptions {
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly securityLog: SecurityLog;
  /** Undefined for an application of one node. */
  readonly nodes: { readonly createAdapter: AdapterFactory; readonly slots: SlotCounter } | undefined;
}

/** Creates the server of Socket.IO, its guards, and what keeps its sockets in step with their sessions. */
export function createSockets(app: AppContext, { limits, sessions, securityLog, nodes }: SocketsOptions): Sockets {
  const { config, clock, log, bus, lifecycle, metrics, exposeHints, clientAddress, requestId } = app;
  const { lookup, authenticator } = sessions;
  const opened: RealtimeNamespace[] = [];
  const definitions = new Map<string, NamespaceDefinition>();
  const inFlight = createInFlightRequests(clock);
  const shutdown = createGracefulShutdown({ config, clock, inFlight });
  const violations = createViolationLimit(clock);
  const { io, engine, writeBatcher, backpressure, latency } = createSocketServer({
    config,
    clock,
    log,
    traffic: metrics.traffic,
    createAdapter: nodes?.createAdapter,
    onFlood,
    onOverflow,
    onMalformed: (conn, refusal) => refusals.connection(conn, refusal),
  });
  const contexts = createConnectionContexts({ engine, lookup, clientAddress, requestId });
  const refusals = createRefusalReporter({ config, securityLog, metrics, limits, contexts, clientAddress, requestId });
  const originPolicy = createOriginPolicy(config);
  const originGuard = createOriginGuard({
    config,
    policy: originPolicy,
    onRefused: refusals.http,
    debug: app.debug("origin"),
    hasAmbientCredential: sessions.hasAmbientCredential,
  });
  const engineGuard = createEngineGuard({
    engine,
    config,
    exposeHints,
    originGuard,
    limits: limits.rates,
    lookup,
    contexts,
    clientAddress,
    requestId,
    requireOpen: shutdown.requireOpen,
    onRefused: refusals.http,
    onFault: app.onFault,
  });
  const monitor = createSessionMonitor({
    lookup,
    clock,
    log,
    recheckMs: config.sessionValidation ? config.sessionRecheck * 1000 : Number.POSITIVE_INFINITY,
    sockets: () => (config.sessionValidation ? liveSockets(opened) : []),
    definitionOf: (socket) => definitions.get(socket.nsp.name) as NamespaceDefinition,
    onEnded({ data, nsp }, reason) {
      const type = reason === "banned" ? "banned" : "session_revoked";
      const detail = `A live connection was ended: ${reason}.`;
      securityLog.record({ type, ip: data.ip, userId: data.principal.userId, namespace: nsp.name, detail });
    },
  });
  const guardOptions: NamespaceGuardOptions = {
    config,
    clock,
    log,
    serverId: app.serverId,
    authenticator,
    limits: limits.rates,
    pendingConnects: createPendingConnects({ clock, idleMs: config.connectTimeout * 1000 }),
    contexts,
    writeBatcher,
    slots: nodes?.slots,
    requireOpen: shutdown.requireOpen,
    requireUnblocked: limits.requireUnblocked,
    onRefused: onConnectRefused,
    onConnected(socket) {
      monitor.adopt(socket);
      if (config.logConnections) log.info(logFields(socket), "Connected.");
    },
    onDisconnected(socket, reason) {
      if (config.logConnections) log.info({ ...logFields(socket), reason }, "Disconnected.");
    },
    dispatcher: {
      clock,
      log,
      exposeHints,
      inFlight,
      trace: app.trace,
      debug: app.debug("events"),
      maxRoomsPerSocket: config.maxRoomsPerSocket,
      requireServed: shutdown.requireServed,
      takeMessage: (principal, ip) => limits.rates.message(limitSubject(principal, ip)),
      onRefused(socket, refusal, name) {
        refusals.socket(socket, refusal, name);
        violations.event(socket);
      },
      onHandled: metrics.event,
    },
  };

  refuseAdminUi(io);
  guardUndefinedNamespaces(io, (path) => definitions.has(path), onConnectRefused);
  watchUnknownNamespaces(engine, io, (conn, name) => {
    const hint = `There is no namespace ${JSON.stringify(name)}.`;
    refusals.connection(conn, new Refusal("event_unknown", { hint }));
    violations.handshake(conn);
  });
  engine.on("headers", (headers: OutgoingHttpHeaders, req) => {
    headers[requestIdHeader] = requestId(req);
  });
  const stopTerminating = terminateStale(engine, clock);

  metrics.observe({
    connections: () => engine.clientsCount,
    slowConnections: backpressure.slowCount,
    sockets: () => opened.map(({ name, sockets }) => ({ namespace: name, count: sockets.size })),
  });
  bus.subscribe(sessionChanged, (change) => monitor.changed(change));
  bus.subscribe(automaticBlockBegun, endBlocked);
  bus.subscribe(adminBlockBegun, endBlocked);
  bus.onResync(monitor.lookAgain);
  nodes?.slots.bind(() => slotsTaken(opened));
  lifecycle.onDrain(async () => {
    await Promise.all([shutdown.closeAll(engine, opened), inFlight.settled(answerWithinMs)]);
  });
  lifecycle.onClose(() => {
    stopTerminating();
    backpressure.close();
    monitor.close();
  });

  return {
    io,
    opened,
    endpoint: endpointOf(config.path, engineGuard),
    originPolicy,
    originGuard,
    refusals,
    writeBatcher,
    backpressure,
    latency,
    publisher: createRoomPublisher(io),
    inFlight,
    open,
    connections: () => engine.clientsCount,
    count: (path) => io.of(path).sockets.size,
    disconnectUser: (userId) => disconnectUser(opened, userId),
  };

  function open(definition: NamespaceDefinition): RealtimeNamespace {
    if (definitions.has(definition.path)) throw new TypeError(`Namespace ${definition.path} is open already.`);
    definitions.set(definition.path, definition);
    const namespace = guardNamespace(io, definition, guardOptions);
    opened.push(namespace);
    if (nodes !== undefined) shareSlots(nodes.slots, namespace);
    return namespace;
  }

  function onConnectRefused(socket: RealtimeSocket, refusal: Refusal): void {
    refusals.socket(socket, refusal, null);
    violations.handshake(socket.conn);
  }

  function endBlocked(block: Block): void {
    disconnectBlocked(opened, block.place, blockRefusal(block, clock.now()).toMessage(exposeHints));
  }

  function onFlood(conn: EngineSocket): void {
    const hint = "A connection sent more packets than any client needs, and was closed.";
    refusals.connection(conn, new Refusal("rate_limited", { hint }));
  }

  function onOverflow(conn: EngineSocket): void {
    metrics.traffic.overflows += 1;
    // Lists and feeds of administrators grow with the load of the server: a slow administrator commits no offence.
    if (isAdministrator(conn)) return log.warn({}, "The connection of an administrator was closed: it did not read.");
    const hint = `A client did not read what was sent to it: more than ${config.maxBufferedBytes} bytes (SIGNALBOX_MAX_BUFFERED_BYTES) waited, and its connection was closed.`;
    refusals.connection(conn, new Refusal("rate_limited", { hint }));
  }

  function isAdministrator(conn: EngineSocket): boolean {
    return [...io.of(namespaces.admin).sockets.values()].some((socket) => socket.conn === conn);
  }
}

/** Some proxies and rewrites remove the slash at the end of the path. */
function endpointOf(path: string, { request, upgrade }: EngineGuard): HttpEndpoint {
  const paths: readonly string[] = [path, path.slice(0, -1)];
  const owns = (url: string | undefined): boolean => paths.includes(rawPath(url));
  return {
    owns,
    request,
    webSockets: {
      // Engine.IO would open a WebSocket for any transport, and cannot where only polling is served.
      owns: (url) => owns(url) && /[?&]transport=websocket(&|$)/.test(url ?? ""),
      upgrade,
    },
  };
}
