import { type ConnectionEstablished, namespaces, type OptionalFrame } from "@signalbox/protocol";
import { handshakeAuthSchema } from "@signalbox/protocol/schemas";
import { z } from "zod";
import type { Config } from "../../config/settings.ts";
import { permits } from "../../core/permissions.ts";
import type { Clock, Log } from "../../core/ports.ts";
import { Refusal, toRefusal } from "../../core/refusal.ts";
import { validatePayload } from "../../core/validate-payload.ts";
import type { RateLimits } from "../../limits/rate-limits.ts";
import { limitSubject } from "../../limits/subject.ts";
import type { Authenticator } from "../../sessions/authenticator.ts";
import { guestPrincipal } from "../../sessions/principal.ts";
import type { ConnectionContexts } from "../connections/connection-context.ts";
import { createEvent } from "../delivery/encoded-packet.ts";
import type { WriteBatcher } from "../delivery/write-batcher.ts";
import { hangUp } from "../internals/engine-clients.ts";
import { forgetSocket } from "../internals/socket-internals.ts";
import {
  namedRooms,
  type RealtimeNamespace,
  type RealtimeServer,
  type RealtimeSocket,
  sessionHandles,
} from "../socket.ts";
import { type SlotCounter, type SlotLimit, takeConnectionSlot } from "./connection-slots.ts";
import type { NamespaceDefinition } from "./define-namespace.ts";
import { createEventDispatcher, type EventDispatcherOptions } from "./event-dispatcher.ts";
import type { PendingConnects } from "./pending-connects.ts";

export interface NamespaceGuardOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverId: string;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly dispatcher: EventDispatcherOptions;
  readonly pendingConnects: PendingConnects;
  readonly contexts: ConnectionContexts;
  readonly writeBatcher: Pick<WriteBatcher, "add" | "hold">;
  /** Counts connections of other nodes too. */
  readonly slots: Pick<SlotCounter, "take"> | undefined;
  /** Throws `server_draining` while the server closes. */
  requireOpen(): void;
  /** Throws `blocked`, or `unavailable` while the blocks of administrators cannot be read. */
  requireUnblocked(subject: string): void;
  /** Called for every handshake that a namespace refuses. */
  onRefused(socket: RealtimeSocket, refusal: Refusal): void;
  onConnected(socket: RealtimeSocket): void;
  onDisconnected(socket: RealtimeSocket, reason: string): void;
}

/** Nested under `auth`, so that a refusal's hint reads `auth.token: …`. */
const handshakeSchema = z.object({ auth: handshakeAuthSchema });

/**
 * Opens a namespace. A connection passes draining -> authenticate -> block -> permission -> limits and caps -> default
 * rooms -> event dispatcher, and receives its identity. The guards are per namespace: admission to `/` means nothing on
 * `/admin`.
 */
export function guardNamespace(
  io: RealtimeServer,
  definition: NamespaceDefinition,
  options: NamespaceGuardOptions,
): RealtimeNamespace {
  const { config, clock, authenticator, limits, pendingConnects, contexts, writeBatcher } = options;
  const namespace = io.of(definition.path);
  const cap = capOf(definition, config);
  const guard = createEventDispatcher(definition, options.dispatcher);

  namespace.use((socket, next) => {
    if (!pendingConnects.take(socket)) return drop(socket);
    admit(socket).then(
      () => {
        pendingConnects.decided(socket);
        // The admission and the identity are two packets, and one write.
        writeBatcher.hold(socket.conn);
        next();
      },
      (error: unknown) => {
        pendingConnects.decided(socket);
        const refusal = toRefusal(error, () => logFault(socket, error));
        options.onRefused(socket, refusal);
        if (mustComeBack(socket, refusal)) return sendAway(socket);
        next(connectError(refusal, options.dispatcher.exposeHints));
      },
    );
  });

  namespace.on("connection", (socket) => {
    pendingConnects.entered(socket);
    guard(socket);
    socket.on("disconnect", onDisconnect);
    writeBatcher.add(socket.conn, createEvent(definition.path, "connection_established", established(socket)));
    options.onConnected(socket);
    // Listeners that run after this one may still read it.
    process.nextTick(() => contexts.release(socket));
  });

  return namespace;

  function onDisconnect(this: RealtimeSocket, reason: string): void {
    pendingConnects.left(this);
    options.onDisconnected(this, reason);
  }

  /**
   * Sends no answer, which the client would take for that to its first CONNECT. Calling `connect()` twice is an honest
   * mistake, and socket.io-client would give up the socket that is admitted. Socket.IO must forget this one all the
   * same.
   */
  function drop(socket: RealtimeSocket): void {
    const hint = `The connection has asked for ${definition.path} already.`;
    options.onRefused(socket, new Refusal("payload_invalid", { hint }));
    forgetSocket(socket);
  }

  /** Sends no answer either: a plain client takes every CONNECT_ERROR for final, but never the end of a transport. */
  function sendAway(socket: RealtimeSocket): void {
    forgetSocket(socket);
    hangUp(socket.conn);
  }

  /**
   * A temporary refusal must not keep plain clients away for good. A client that names `accepts` reads refusals, and a
   * connection that is in a namespace is not closed for another one.
   */
  function mustComeBack(socket: RealtimeSocket, { code }: Refusal): boolean {
    if (code !== "server_draining" && code !== "unavailable") return false;
    return socket.handshake.auth.accepts === undefined && !pendingConnects.isInAny(socket);
  }

  async function admit(socket: RealtimeSocket): Promise<void> {
    const { ip, requestId } = contexts.of(socket.conn);
    // Set before anything can refuse: the report of a refusal reads it.
    socket.data.ip = ip;
    socket.data.requestId = requestId;
    socket.data.connectedAt = clock.now();
    socket.data.checkedAt = clock.monotonic();
    options.requireOpen();
    const { csrf, token, accepts = [] } = handshakeAuth(socket);
    socket.data.acceptsBatch = accepts.includes("progress_batch" satisfies OptionalFrame);
    const { handle: known, userId: firstUser } = contexts.of(socket.conn);
    const carrier = { headers: socket.handshake.headers, token, known };
    const admitsGuests = permits(definition.access, guestPrincipal(socket.id));
    const visitor = { socketId: socket.id, wasSignedIn: firstUser !== undefined, admitsGuests };
    const { principal, handle } = await authenticator.identifySocket(carrier, csrf, visitor);
    socket.data.principal = principal;
    sessionHandles.put(socket, handle);
    if (principal.session !== null) contexts.of(socket.conn).userId ??= principal.userId;
    const subject = limitSubject(principal, ip);
    options.requireUnblocked(subject);
    if (!permits(definition.access, principal)) throw new Refusal("forbidden");
    await limits.connectAsUser(subject);
    // Checked again: a connection that was being looked up when the server began to close would miss `server_draining`.
    options.requireOpen();
    await takeConnectionSlot(socket, subject, cap, definition.rooms(principal, accepts), options.slots);
  }

  /** Credentials are read from the handshake only: the query string ends up in logs, so nothing is read from it. */
  function handshakeAuth(socket: RealtimeSocket) {
    return validatePayload(handshakeSchema, { auth: socket.handshake.auth }).auth;
  }

  function logFault({ data }: RealtimeSocket, error: unknown): void {
    const fields = { err: error, namespace: definition.path, request_id: data.requestId };
    options.log.error(fields, "Admitting a connection failed.");
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

/**
 * Refuses every client on namespaces that were opened on Socket.IO directly: without a definition there is no guard.
 */
export function guardUndefinedNamespaces(
  io: RealtimeServer,
  isDefined: (path: string) => boolean,
  onRefused: NamespaceGuardOptions["onRefused"],
): void {
  io.on("new_namespace", (namespace) => {
    namespace.use((socket, next) => {
      if (isDefined(namespace.name)) return next();
      const hint = `Open ${namespace.name} with defineNamespace, so that it has an access rule.`;
      const refusal = new Refusal("forbidden", { hint });
      onRefused(socket, refusal);
      next(connectError(refusal, false));
    });
  });
}

function capOf({ path, maxPerUser }: NamespaceDefinition, config: Config): SlotLimit {
  if (maxPerUser !== undefined) return { cap: maxPerUser, setting: `maxPerUser of ${path}` };
  if (path === namespaces.admin) {
    return { cap: config.maxConnectionsPerAdmin, setting: "SIGNALBOX_MAX_CONNECTIONS_PER_ADMIN" };
  }
  return { cap: config.maxConnectionsPerUser, setting: "SIGNALBOX_MAX_CONNECTIONS_PER_USER" };
}

/** Socket.IO sends an error's message and `data` in CONNECT_ERROR: the code and the refusal. */
function connectError(refusal: Refusal, exposeHints: boolean): Error {
  return Object.assign(new Error(refusal.code), { data: refusal.toMessage(exposeHints) });
}
