import type { RefusalCode } from "@signalbox/protocol";
import { type AccessRule, permits } from "../access/permissions.ts";
import { logFields, type RealtimeSocket } from "../edge/socket.ts";
import type { NamespaceDefinition, RequestContext, RequestDefinition } from "../namespaces/define-namespace.ts";
import type { Clock, Log, Principal } from "../ports.ts";
import { Refusal } from "../refusal.ts";
import { createInOrder } from "./in-order.ts";
import type { UnderWay } from "./under-way.ts";

/** How long clients wait before they try again to join one room more: a room is free when they leave one. */
const roomRetryMs = 5000;

type Acknowledge = (answer: object) => void;

/** What the gate needs of the rest of the server. */
export interface EventGateOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Log every event and its outcome, without payloads. */
  readonly debug: boolean;
  readonly exposeHints: boolean;
  readonly maxRoomsPerSocket: number;
  /** Requests that the server waits for before it closes. */
  readonly underWay: UnderWay;
  /** Throws `server_draining` while the server closes. */
  requireOpen(): void;
  /** Takes one message from the user's budget, or rejects with `rate_limited`. */
  takeMessage(principal: Principal, ip: string): Promise<void>;
  /** Told of every refusal, for the security log and the penalty; `name` is null when it is not a declared one. */
  onRefused(socket: RealtimeSocket, refusal: Refusal, name: string | null): void;
  /** Told of every event with its outcome, for metrics. */
  onHandled(namespace: string, name: string | null, outcome: "ok" | RefusalCode): void;
}

/**
 * Puts the gate in front of a socket: every event passes
 * size -> draining -> message limit -> declared -> schema -> live session -> authorise -> handler -> acknowledgement,
 * always.
 *
 * The gate takes the place of Socket.IO's listeners: it never hands an event on, so an event that nobody declared
 * reaches nothing, and `error` as a client's event name is no exception.
 */
export function attachEventGate(
  socket: RealtimeSocket,
  definition: NamespaceDefinition,
  options: EventGateOptions,
): void {
  const context = contextOf(socket, options.maxRoomsPerSocket);
  const inOrder = createInOrder();

  socket.use((packet) => {
    const { name, payload, acknowledge } = readPacket(packet);
    const declared = definition.requests.get(name);
    const answered = answer(declared, payload)
      .then((body) => {
        acknowledge?.({ ok: true, ...body });
        report("ok");
      })
      .catch((error: unknown) => refuse(toRefusal(error, name)));
    options.underWay.add(answered);

    function refuse(refusal: Refusal): void {
      const declaredName = declared === undefined ? null : name;
      options.onRefused(socket, refusal, declaredName);
      report(refusal.code);
      const message = refusal.toMessage(options.exposeHints);
      if (acknowledge === undefined) socket.emit("error", message);
      else acknowledge({ ok: false, error: message });
    }

    function report(outcome: "ok" | RefusalCode): void {
      options.onHandled(definition.path, declared === undefined ? null : name, outcome);
      if (!options.debug) return;
      options.log.debug({ ...logFields(socket), event: name.slice(0, 64), outcome }, "Event handled.");
    }
  });

  async function answer(declared: RequestDefinition | undefined, payload: unknown): Promise<object | undefined> {
    // Found by the decoder before anything was parsed: a class instance cannot come out of JSON.
    if (payload instanceof Refusal) throw payload;
    options.requireOpen();
    await options.takeMessage(socket.data.principal, socket.data.ip);
    if (declared === undefined)
      throw new Refusal("event_unknown", { hint: `${definition.path} declares no such event.` });
    const parsed = await parse(declared, payload);
    const key = declared.order?.(parsed);
    return key === undefined ? run(declared, parsed) : inOrder(key, () => run(declared, parsed));
  }

  /** Judged when its turn has come: waiting for others may have taken longer than the session lasted. */
  async function run(declared: RequestDefinition, payload: unknown): Promise<object | undefined> {
    requireLiveSession(socket.data.principal);
    requireAccess(declared.access ?? definition.access, socket.data.principal);
    return declared.run(payload, context);
  }

  /** The session watch ends expired sessions within a second; until it does, nothing more is accepted on them. */
  function requireLiveSession(principal: Principal): void {
    if (!socket.connected) throw new Refusal("session_revoked");
    const expiresAt = principal.session?.expiresAt ?? null;
    if (expiresAt !== null && expiresAt <= options.clock.now()) throw new Refusal("session_expired");
  }

  /** A handler that throws costs its caller an answer of `internal`, never the process. */
  function toRefusal(error: unknown, name: string): Refusal {
    if (error instanceof Refusal) return error;
    const fields = { err: error, ...logFields(socket), event: name.slice(0, 64) };
    options.log.error(fields, "A request handler failed.");
    return new Refusal("internal", { hint: "The handler threw; see the server's log." });
  }
}

/** Clients decide what a packet holds: any number of arguments of any type, with or without an acknowledgement. */
function readPacket(packet: readonly unknown[]): { name: string; payload: unknown; acknowledge?: Acknowledge } {
  const last = packet.at(-1);
  const acknowledge = typeof last === "function" ? (last as Acknowledge) : undefined;
  const args = packet.slice(1, acknowledge === undefined ? undefined : -1);
  return { name: String(packet[0]), payload: args[0], ...(acknowledge && { acknowledge }) };
}

/** A missing payload counts as an empty one: the ancestor's clients send some events without. */
async function parse(declared: RequestDefinition, payload: unknown): Promise<unknown> {
  const result = await declared.schema["~standard"].validate(payload ?? {});
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  throw new Refusal("payload_invalid", { hint: path ? `${path}: ${issue?.message}` : issue?.message });
}

function requireAccess(rule: AccessRule, principal: Principal): void {
  if (!permits(rule, principal)) throw new Refusal("forbidden");
}

function contextOf(socket: RealtimeSocket, maxRooms: number): RequestContext {
  return {
    get principal() {
      return socket.data.principal;
    },
    ip: socket.data.ip,
    socketId: socket.id,
    get rooms() {
      return socket.rooms;
    },
    join(room) {
      if (socket.rooms.has(room)) return;
      // A request that was under way when its socket went must not leave a ghost in a room.
      if (!socket.connected) throw new Refusal("session_revoked");
      if (socket.rooms.size > maxRooms) {
        const hint = "SIGNALBOX_MAX_ROOMS_PER_SOCKET is reached; leave a room first.";
        throw new Refusal("rate_limited", { retryAfterMs: roomRetryMs, hint });
      }
      return socket.join(room);
    },
    leave: (room) => socket.leave(room),
  };
}
