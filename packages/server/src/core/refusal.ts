import { type RefusalCode, type RefusalMessage, refusals } from "@signalbox/protocol";

/** Optional details of a refusal besides its code. */
export interface RefusalDetails {
  /** For developers: the setting or the fix. Reaches clients in development only. */
  readonly hint?: string | undefined;
  /** Milliseconds after which trying again may succeed. */
  readonly retryAfterMs?: number | undefined;
}

/** Marks refusals of every copy of this package in a process. */
const brand = Symbol.for("@signalbox/server refusal");

/**
 * A refusal that a caller can act on. Guards and handlers throw or return it. The Socket.IO and HTTP layers turn this
 * one value into the response, the log line and the security event. Any other thrown value is a fault, and the response
 * is `internal`.
 */
export class Refusal extends Error {
  /** Bundlers such as Next's give routes a copy of this class: `instanceof` recognises refusals of any copy. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  readonly [brand] = true;
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: RefusalCode, details: RefusalDetails = {}) {
    super(refusals[code].message);
    this.code = code;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The form that is sent to clients. `withHint` is the configuration's `exposeHints`: true in development only. */
  toMessage(withHint: boolean): RefusalMessage {
    return {
      code: this.code,
      category: refusals[this.code].category,
      message: this.message,
      ...(withHint && this.hint !== undefined && { hint: this.hint }),
      ...(this.retryAfterMs !== undefined && { retry_after_ms: Math.ceil(this.retryAfterMs) }),
    };
  }
}

/**
 * Converts an error to the refusal that a client receives: the error itself, or `internal` for any other value.
 * @param onFault - called for a value that is no refusal, to log it
 */
export function toRefusal(error: unknown, onFault: () => void): Refusal {
  if (error instanceof Refusal) return error;
  onFault();
  return new Refusal("internal", { hint: "The cause is in the server's log." });
}

/** HTTP status of each refusal (RFC 9110 section 15; 429 from RFC 6585). */
const httpStatuses: Record<RefusalCode, number> = {
  origin_refused: 403,
  session_missing: 401,
  session_invalid: 401,
  session_expired: 401,
  session_revoked: 401,
  csrf_invalid: 403,
  forbidden: 403,
  rate_limited: 429,
  too_many_connections: 429,
  blocked: 429,
  server_full: 503,
  event_unknown: 404,
  method_not_allowed: 405,
  payload_invalid: 400,
  payload_too_large: 413,
  room_forbidden: 404,
  task_not_found: 404,
  task_finished: 409,
  server_draining: 503,
  unavailable: 503,
  internal: 500,
};

/** The HTTP status that corresponds to a refusal's code. */
export const httpStatusOf = (code: RefusalCode): number => httpStatuses[code];
