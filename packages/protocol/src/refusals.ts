/**
 * The one table of refusals: every reason for which the server refuses, the sentence for the user, and when a retry
 * makes sense. Tests keep documentation and types in line with it; nothing else in the project repeats these sentences.
 */

/** The part of the contract that was violated. */
export type RefusalCategory = "origin" | "auth" | "limit" | "request" | "server";

/**
 * When a client may retry the same request. `never`: only after a change of the request or of the server's settings.
 * `session_change`: after signing in again. `after_delay`: after `retry_after_ms`. `backoff`: automatically, with
 * growing delays.
 */
export type RetryRule = "never" | "session_change" | "after_delay" | "backoff";

interface RefusalEntry {
  readonly category: RefusalCategory;
  readonly retry: RetryRule;
  /** A sentence for the user of the page. */
  readonly message: string;
}

/** Every code with its category and its sentence for the user. */
export const refusals = {
  origin_refused: {
    category: "origin",
    retry: "never",
    message: "This page's address is not allowed to connect to this server.",
  },
  session_missing: { category: "auth", retry: "session_change", message: "Please sign in first." },
  session_invalid: {
    category: "auth",
    retry: "session_change",
    message: "Your session is not valid. Please sign in again.",
  },
  session_expired: {
    category: "auth",
    retry: "session_change",
    message: "Your session has expired. Please sign in again.",
  },
  session_revoked: {
    category: "auth",
    retry: "session_change",
    message: "Your session has been ended. Please sign in again.",
  },
  csrf_invalid: {
    category: "auth",
    retry: "session_change",
    message: "This request could not be verified. Please reload the page.",
  },
  forbidden: { category: "auth", retry: "session_change", message: "You do not have permission to do this." },
  rate_limited: {
    category: "limit",
    retry: "after_delay",
    message: "Too many requests. Please wait a moment and try again.",
  },
  too_many_connections: {
    category: "limit",
    retry: "after_delay",
    message: "You have too many open connections. Close a tab and try again.",
  },
  blocked: {
    category: "limit",
    retry: "after_delay",
    message: "Temporarily blocked. Please try again later.",
  },
  server_full: { category: "limit", retry: "after_delay", message: "The server is full. Please try again shortly." },
  event_unknown: { category: "request", retry: "never", message: "The server does not know this request." },
  method_not_allowed: { category: "request", retry: "never", message: "This address does not take this method." },
  payload_invalid: { category: "request", retry: "never", message: "The request was not understood." },
  payload_too_large: { category: "request", retry: "never", message: "The request is too large." },
  room_forbidden: { category: "request", retry: "never", message: "This room does not exist or is not open to you." },
  task_not_found: { category: "request", retry: "never", message: "This task does not exist." },
  task_finished: { category: "request", retry: "never", message: "This task has already ended." },
  server_draining: { category: "server", retry: "backoff", message: "The server is restarting. Please wait." },
  unavailable: {
    category: "server",
    retry: "backoff",
    message: "A part of the service is not available right now. Please try again shortly.",
  },
  internal: { category: "server", retry: "backoff", message: "Something went wrong on the server." },
} as const satisfies Record<string, RefusalEntry>;

/** A stable, machine-readable reason for a refusal. */
export type RefusalCode = keyof typeof refusals;

/** All codes, in the order of the table. */
export const refusalCodes = Object.keys(refusals) as RefusalCode[];

/** A refusal as sent: in an acknowledgement, in `connect_error.data`, or as `error` in an HTTP body. */
export interface RefusalMessage {
  code: RefusalCode;
  category: RefusalCategory;
  /** For users. */
  message: string;
  /** For developers: the setting or the fix. Sent in development only. */
  hint?: string;
  /** Milliseconds after which a retry may succeed. */
  retry_after_ms?: number;
}
