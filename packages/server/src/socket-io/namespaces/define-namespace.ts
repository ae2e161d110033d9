import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AccessRule } from "../../core/permissions.ts";
import type { Principal } from "../../core/ports.ts";

/** What a handler of a request may read and do. */
export interface RequestContext {
  /**
   * The user or guest that the socket acts for at this moment. Each access reads it again, since a session may end or
   * change its role while a handler waits. What was checked before an `await` is checked again after it, and never kept
   * in a variable.
   */
  readonly principal: Principal;
  /** The client's address, through trusted proxies only. */
  readonly ip: string;
  readonly socketId: string;
  /** The rooms of this socket, at this moment. */
  readonly rooms: ReadonlySet<string>;
  /** Joins a room of this namespace; refuses with `rate_limited` above SIGNALBOX_MAX_ROOMS_PER_SOCKET. */
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
}

/** What a request may declare beside its schema and handler. */
interface RequestRules<Payload> {
  /** Who may send it, beyond the namespace's own rule. Refused as `forbidden`. */
  readonly access?: AccessRule;
  /**
   * Requests of one socket with the same key run one after the other, in the order in which they were accepted. For
   * requests that join or leave a room, the key is the room. Without a key a request waits for no other.
   */
  readonly order?: (payload: Payload) => string;
}

/** One declared request of a namespace: what it accepts, who may send it, and what is done. */
export interface RequestDefinition<Payload = unknown> extends RequestRules<Payload> {
  /** Any Standard Schema (zod, valibot, arktype, …). */
  readonly schema: StandardSchemaV1<unknown, Payload>;
  /**
   * Answers the request: the fields of the result are sent with `ok: true`.
   * A thrown `Refusal` is the answer; anything else thrown is logged and answered `internal`.
   */
  run(payload: Payload, context: RequestContext): object | undefined | Promise<object | undefined>;
}

/** Declares one request; the payload's type follows from the schema. */
export function request<Schema extends StandardSchemaV1>(
  schema: Schema,
  run: RequestDefinition<StandardSchemaV1.InferOutput<Schema>>["run"],
  rules: RequestRules<StandardSchemaV1.InferOutput<Schema>> = {},
): RequestDefinition {
  return { schema, run, ...rules } as RequestDefinition;
}

/** A namespace: who may connect, which requests it accepts, and which rooms every client joins. */
export interface NamespaceDefinition {
  /** Such as `/chat`. */
  readonly path: string;
  readonly access: AccessRule;
  /** Undeclared events are refused with `event_unknown` and never reach a handler. */
  readonly requests: ReadonlyMap<string, RequestDefinition>;
  /**
   * Rooms joined on connecting, and left when they are no longer among those of the principal. `accepts`: the frames
   * that the client named in its handshake.
   */
  rooms(principal: Principal, accepts: readonly string[]): readonly string[];
  /** Connections of one user to this namespace. */
  readonly maxPerUser?: number;
  /**
   * Whether a principal whose rights may have changed must leave a room. `requested`: a request of the socket has
   * joined it, and not the server. A function that throws, or does not answer within five seconds, means yes.
   */
  forfeits?(room: string, principal: Principal, requested: boolean): boolean | Promise<boolean>;
}

interface NamespaceOptions {
  path: string;
  /** Required: a namespace without a guard cannot be defined. */
  access: AccessRule;
  requests: Readonly<Record<string, RequestDefinition>>;
  /** Default: none. */
  rooms?: (principal: Principal, accepts: readonly string[]) => readonly string[];
  /** Default: SIGNALBOX_MAX_CONNECTIONS_PER_USER. */
  maxPerUser?: number;
  forfeits?: NonNullable<NamespaceDefinition["forfeits"]>;
}

/**
 * Defines a namespace. Names of requests are kept in a Map, so that `__proto__` or `constructor` as an event name is an
 * unknown event like any other.
 * @throws TypeError when the path is not of the form `/name`.
 */
export function defineNamespace(options: NamespaceOptions): NamespaceDefinition {
  if (!/^\/[\w-]*$/.test(options.path)) {
    throw new TypeError(`Namespace path "${options.path}" must be "/" and then letters, digits, "_" or "-".`);
  }
  return {
    path: options.path,
    access: options.access,
    requests: new Map(Object.entries(options.requests)),
    rooms: options.rooms ?? (() => []),
    ...(options.maxPerUser !== undefined && { maxPerUser: options.maxPerUser }),
    ...(options.forfeits !== undefined && { forfeits: options.forfeits }),
  };
}
