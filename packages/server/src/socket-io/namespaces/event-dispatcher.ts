import type { RefusalCode } from "@signalbox/protocol";
import { cutText } from "../../core/cut-text.ts";
import { requireRight } from "../../core/permissions.ts";
import type { Clock, Log, Principal } from "../../core/ports.ts";
import { Refusal, toRefusal } from "../../core/refusal.ts";
import type { Debug } from "../../observability/debug-log.ts";
import type { Trace } from "../../observability/tracing.ts";
import type { InFlightRequests } from "../connections/in-flight-requests.ts";
import { addPacketMiddleware } from "../internals/socket-internals.ts";
import { logFields, type RealtimeSocket, requestedRooms } from "../socket.ts";
import type { NamespaceDefinition, RequestContext, RequestDefinition } from "./define-namespace.ts";
import { createKeyedQueue } from "./keyed-queue.ts";
import { hasUnsafeKey } from "./unsafe-keys.ts";

/** How long clients wait before they retry to join one room more: they may join again once they leave a room. */
const roomRetryMs = 5000;

type Acknowledge = (answer: object) => void;

/** What the event dispatcher needs of the rest of the server. */
export interface EventDispatcherOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Logs every event and its outcome, without payloads; undefined where that is not wanted. */
  readonly debug: Debug | undefined;
  /** Undefined where nothing is traced. */
  readonly trace: Trace | undefined;
  readonly exposeHints: boolean;
  readonly maxRoomsPerSocket: number;
  /** Requests that the server waits for before it closes. */
  readonly inFlight: InFlightRequests;
  /** Throws `server_draining` when the server is about to close the connection. */
  requireServed(conn: RealtimeSocket["conn"]): void;
  /** Takes one message from the user's budget; throws `rate_limited`. */
  takeMessage(principal: Principal, ip: string): void;
  /**
   * Called for every refusal, for the security log and the violation limit; `name` is null when it is not a declared
   * one.
   */
  onRefused(socket: RealtimeSocket, refusal: Refusal, name: string | null): void;
  /** Called for every event with its outcome and duration, for metrics. */
  onHandled(namespace: string, name: string | null, outcome: "ok" | RefusalCode, seconds: number): void;
}

/**
 * The event dispatcher of a namespace, for each of its sockets. Every event always passes
 * size -> draining -> message limit -> declared -> schema -> live session -> authorise -> handler -> acknowledgement.
 *
 * The dispatcher replaces Socket.IO's listeners: it never passes an event on, so an undeclared event reaches nothing.
 * `error` as a client's event name is no exception.
 */
export function createEventDispatcher(
  definition: NamespaceDefinition,
  options: EventDispatcherOptions,
): (socket: RealtimeSocket) => void {
  /** Created with the first event: most sockets listen and send nothing. */
  const dispatchers = new WeakMap<RealtimeSocket, EventDispatcher>();

  function take(socket: RealtimeSocket, packet: readonly unknown[]): void {
    const dispatcher = dispatchers.get(socket) ?? new EventDispatcher(socket, definition, options);
    dispatchers.set(socket, dispatcher);
    dispatcher.take(packet);
  }

  return (socket) => addPacketMiddleware(socket, (packet) => take(socket, packet));
}

class EventDispatcher {
  readonly #socket: RealtimeSocket;
  readonly #definition: NamespaceDefinition;
  readonly #options: EventDispatcherOptions;
  readonly #context: RequestContext;
  readonly #queue = createKeyedQueue();

  constructor(socket: RealtimeSocket, definition: NamespaceDefinition, options: EventDispatcherOptions) {
    this.#socket = socket;
    this.#definition = definition;
    this.#options = options;
    this.#context = new SocketContext(socket, options.maxRoomsPerSocket);
  }

  take(packet: readonly unknown[]): void {
    const { name, payload, acknowledge } = readPacket(packet);
    const declared = this.#definition.requests.get(name);
    const declaredName = declared === undefined ? null : name;
    const takenAt = performance.now();
    const answered = this.#answer(declared, name, payload)
      .then((body) => {
        acknowledge?.({ ok: true, ...body });
        this.#report(name, declaredName, "ok", takenAt);
      })
      .catch((error: unknown) => {
        const refusal = toRefusal(error, () => this.#logFault(error, name));
        this.#options.onRefused(this.#socket, refusal, declaredName);
        this.#report(name, declaredName, refusal.code, takenAt);
        const message = refusal.toMessage(this.#options.exposeHints);
        if (acknowledge === undefined) this.#socket.emit("error", message);
        else acknowledge({ ok: false, error: message });
      });
    this.#options.inFlight.add(answered, this.#socket.conn);
  }

  async #answer(declared: RequestDefinition | undefined, name: string, payload: unknown): Promise<object | undefined> {
    // The decoder found this before anything was parsed: a class instance cannot come out of JSON.
    if (payload instanceof Refusal) throw payload;
    this.#options.requireServed(this.#socket.conn);
    this.#options.takeMessage(this.#socket.data.principal, this.#socket.data.ip);
    if (declared === undefined) {
      throw new Refusal("event_unknown", { hint: `${this.#definition.path} declares no such event.` });
    }
    const parsed = await parse(declared, payload);
    const key = declared.order?.(parsed);
    const run = () => this.#run(declared, name, parsed);
    return key === undefined ? run() : this.#queue(key, run);
  }

  /**
   * Checks the right when the request's turn has come: waiting for others may have taken longer than the session
   * lasted.
   */
  async #run(declared: RequestDefinition, name: string, payload: unknown): Promise<object | undefined> {
    if (!this.#socket.connected) throw new Refusal("session_revoked");
    const { principal, requestId } = this.#socket.data;
    // The session monitor ends expired sessions within a second; until it does, nothing more is accepted on them.
    requireRight(declared.access ?? this.#definition.access, principal, this.#options.clock.now());
    const { trace } = this.#options;
    if (trace === undefined) return declared.run(payload, this.#context);
    const { path } = this.#definition;
    const attributes = { "signalbox.namespace": path, "signalbox.event": name, "signalbox.request_id": requestId };
    const run = async () => declared.run(payload, this.#context);
    return trace(`${path} ${name}`, { ...attributes, "user.id": principal.userId }, run);
  }

  /** A handler that throws causes an answer of `internal`, and never ends the process. */
  #logFault(error: unknown, name: string): void {
    const fields = { err: error, ...logFields(this.#socket), event: cutText(name, 64) };
    this.#options.log.error(fields, "A request handler failed.");
  }

  #report(name: string, declaredName: string | null, outcome: "ok" | RefusalCode, takenAt: number): void {
    const { debug, onHandled } = this.#options;
    const tookMs = performance.now() - takenAt;
    onHandled(this.#definition.path, declaredName, outcome, tookMs / 1000);
    debug?.({ ...logFields(this.#socket), event: cutText(name, 64), outcome, took_ms: tookMs }, "Event handled.");
  }
}

/** Clients decide what a packet holds: any number of arguments of any type, with or without an acknowledgement. */
function readPacket(packet: readonly unknown[]): { name: string; payload: unknown; acknowledge?: Acknowledge } {
  const last = packet.at(-1);
  const acknowledge = typeof last === "function" ? (last as Acknowledge) : undefined;
  const args = packet.slice(1, acknowledge === undefined ? undefined : -1);
  return { name: String(packet[0]), payload: args[0], ...(acknowledge && { acknowledge }) };
}

/** A missing payload counts as an empty one: legacy clients send some events without. */
async function parse(declared: RequestDefinition, payload: unknown): Promise<unknown> {
  if (hasUnsafeKey(payload)) {
    throw new Refusal("payload_invalid", { hint: "A payload may not name `__proto__` or `constructor.prototype`." });
  }
  const result = await declared.schema["~standard"].validate(payload ?? {});
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  throw new Refusal("payload_invalid", { hint: path ? `${path}: ${issue?.message}` : issue?.message });
}

class SocketContext implements RequestContext {
  readonly #socket: RealtimeSocket;
  readonly #maxRooms: number;

  constructor(socket: RealtimeSocket, maxRooms: number) {
    this.#socket = socket;
    this.#maxRooms = maxRooms;
  }

  get principal(): Principal {
    return this.#socket.data.principal;
  }
  get ip(): string {
    return this.#socket.data.ip;
  }
  get socketId(): string {
    return this.#socket.id;
  }
  get rooms(): ReadonlySet<string> {
    return this.#socket.rooms;
  }

  // Bound: handlers take these two out of the context.
  readonly join = (room: string): void | Promise<void> => {
    if (this.#socket.rooms.has(room)) return;
    // A request that was in flight when its socket disconnected must not leave a stale member in a room.
    if (!this.#socket.connected) throw new Refusal("session_revoked");
    if (this.#socket.rooms.size > this.#maxRooms) {
      const hint = "SIGNALBOX_MAX_ROOMS_PER_SOCKET is reached; leave a room first.";
      throw new Refusal("rate_limited", { retryAfterMs: roomRetryMs, hint });
    }
    requestedRooms.add(this.#socket, room);
    return this.#socket.join(room);
  };
  readonly leave = (room: string): void | Promise<void> => {
    requestedRooms.delete(this.#socket, room);
    return this.#socket.leave(room);
  };
}
