import { type ConnectionEstablished, namespaces } from "@signalbox/protocol";
import { handshakeAuthSchema } from "@signalbox/protocol/schemas";
import { permits } from "../access/permissions.ts";
import type { Authenticator, Identity } from "../auth/authenticate.ts";
import type { Config } from "../config/settings.ts";
import { namedRooms, type RealtimeNamespace, type RealtimeServer, type RealtimeSocket } from "../edge/socket.ts";
import { attachEventGate, type EventGateOptions } from "../events/event-gate.ts";
import { takeConnectionPlace } from "../limits/connection-caps.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { Clock, Log } from "../ports.ts";
import { Refusal } from "../refusal.ts";
import type { NamespaceDefinition } from "./define-namespace.ts";

export interface MountOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverId: string;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly gate: EventGateOptions;
  clientAddress(socket: RealtimeSocket): string;
  /** Told of every handshake that a namespace refuses. */
  onRefused(socket: RealtimeSocket, refusal: Refusal): void;
  onConnected(socket: RealtimeSocket): void;
  onDisconnected(socket: RealtimeSocket, reason: string): void;
}

/**
 * Opens a namespace. A connection passes authenticate -> permission -> limits and caps -> default rooms -> gate, and is
 * told who it is taken for. The guards are per namespace: being let into `/` means nothing on `/admin`.
 */
export function mountNamespace(
  io: RealtimeServer,
  definition: NamespaceDefinition,
  options: MountOptions,
): RealtimeNamespace {
  const { config, clock, authenticator, limits } = options;
  const namespace = io.of(definition.path);

  namespace.use((socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => {
        const refusal = toRefusal(error);
        options.onRefused(socket, refusal);
        next(connectError(refusal, options.gate.exposeHints));
      },
    );
  });

  namespace.on("connection", (socket) => {
    attachEventGate(socket, definition, options.gate);
    socket.on("disconnect", (reason) => options.onDisconnected(socket, reason));
    socket.emit("connection_established", established(socket));
    options.onConnected(socket);
  });

  return namespace;

  async function admit(socket: RealtimeSocket): Promise<void> {
    const now = clock.now();
    const ip = options.clientAddress(socket);
    // Filled before anything can refuse: whoever reports a refusal reads it.
    socket.data.ip = ip;
    socket.data.connectedAt = now;
    socket.data.checkedAt = now;
    const { principal, handle } = await identify(socket);
    socket.data.principal = principal;
    socket.data.session = handle;
    if (!permits(definition.access, principal)) throw new Refusal("forbidden");
    await limits.connectAsUser(principal.userId);
    takeConnectionPlace(socket, principal.userId, ...capOf(definition, config));
    await socket.join([...definition.rooms(principal)]);
  }

  /** Credentials are read from the handshake only: the query string ends up in logs, so nothing is read from it. */
  function identify(socket: RealtimeSocket): Promise<Identity> {
    const auth = handshakeAuthSchema.safeParse(socket.handshake.auth);
    if (!auth.success) throw new Refusal("payload_invalid", { hint: "The handshake's `auth` is malformed." });
    const { token, csrf } = auth.data;
    return authenticator.identifySocket({ headers: socket.handshake.headers, token }, csrf, socket.id);
  }

  function toRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    options.log.error({ err: error, namespace: definition.path }, "Admitting a connection failed.");
    return new Refusal("internal");
  }

  function established(socket: RealtimeSocket): ConnectionEstablished {
    const { principal } = socket.data;
    const expiresAt = principal.session?.expiresAt ?? null;
    return {
      namespace: definition.path,
      user_id: principal.userId,
      username: principal.username,
      role: principal.role,
      session_id_hint: principal.session?.ref.slice(0, 6) ?? null,
      session_expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      server_time: new Date(clock.now()).toISOString(),
      server_id: options.serverId,
      rooms: namedRooms(socket),
    };
  }
}

/** Refuses everybody on namespaces that were opened on Socket.IO directly: without a definition there is no guard. */
export function guardUndefinedNamespaces(io: RealtimeServer, isDefined: (path: string) => boolean): void {
  io.on("new_namespace", (namespace) => {
    namespace.use((_socket, next) => {
      const hint = `Open ${namespace.name} with defineNamespace, so that it has an access rule.`;
      next(isDefined(namespace.name) ? undefined : connectError(new Refusal("forbidden", { hint }), false));
    });
  });
}

/** The cap of a namespace, and the setting that a refused person's developer should look at. */
function capOf(definition: NamespaceDefinition, config: Config): [cap: number, setting: string] {
  if (definition.maxPerUser !== undefined) return [definition.maxPerUser, `maxPerUser of ${definition.path}`];
  if (definition.path === namespaces.admin) {
    return [config.maxConnectionsPerAdmin, "SIGNALBOX_MAX_CONNECTIONS_PER_ADMIN"];
  }
  return [config.maxConnectionsPerUser, "SIGNALBOX_MAX_CONNECTIONS_PER_USER"];
}

/** Socket.IO sends an error's message and `data` in CONNECT_ERROR: the code and the refusal. */
function connectError(refusal: Refusal, exposeHints: boolean): Error {
  return Object.assign(new Error(refusal.code), { data: refusal.toMessage(exposeHints) });
}
