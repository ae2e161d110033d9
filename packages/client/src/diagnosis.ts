/**
 * The one table of diagnoses: every way a connection fails, the sentence for the user, and when a retry makes sense.
 * The hints for developers are in hints.ts. A test keeps the documentation in line with this table.
 */
import type { RefusalMessage, RetryRule } from "@signalbox/protocol";

interface DiagnosisEntry {
  readonly retry: RetryRule;
  /** A sentence for the user of the page. */
  readonly message: string;
}

/** Every diagnosis, with its sentence and when a retry makes sense. */
export const diagnoses = {
  origin_refused: {
    retry: "never",
    message: "This page's address is not allowed to connect to this server.",
  },
  not_signed_in: {
    retry: "session_change",
    message: "Please sign in to connect.",
  },
  session_ended: {
    retry: "session_change",
    message: "Your session has ended. Please sign in again.",
  },
  token_unavailable: {
    retry: "backoff",
    message: "Your sign-in could not be confirmed. We keep trying.",
  },
  forbidden: {
    retry: "session_change",
    message: "You do not have permission to connect here.",
  },
  rate_limited: {
    retry: "after_delay",
    message: "Too many connections in a short time. Trying again shortly.",
  },
  too_many_connections: {
    retry: "after_delay",
    message: "You have too many open connections. Close a tab; we keep trying.",
  },
  blocked: {
    retry: "after_delay",
    message: "You are blocked for some time. We try again after that.",
  },
  server_full: {
    retry: "after_delay",
    message: "The server is full. Trying again shortly.",
  },
  server_restarting: {
    retry: "after_delay",
    message: "The server is restarting. We reconnect by ourselves.",
  },
  server_down: {
    retry: "backoff",
    message: "The server does not answer. We keep trying.",
  },
  network_offline: {
    retry: "backoff",
    message: "You are offline. We reconnect when the network is back.",
  },
  transport_blocked: {
    retry: "backoff",
    message: "A fast connection is blocked on this network. A slower one is used.",
  },
  proxy_interference: {
    retry: "backoff",
    message: "Something on the network answers in place of the server. You may have to sign in to the network.",
  },
  clock_or_certificate: {
    retry: "backoff",
    message: "The connection is not secure. Check the date and time of this device.",
  },
  timed_out: {
    retry: "backoff",
    message: "The server takes too long to answer. We keep trying.",
  },
  protocol_mismatch: {
    retry: "backoff",
    message: "This page does not match the server's version. Please reload it.",
  },
  connection_lost: {
    retry: "backoff",
    message: "The connection was interrupted. We reconnect by ourselves.",
  },
  unknown: {
    retry: "backoff",
    message: "The connection failed. We keep trying.",
  },
} as const satisfies Record<string, DiagnosisEntry>;

/** A stable, machine-readable cause of a failed connection. */
export type DiagnosisCode = keyof typeof diagnoses;

/** Why a connection failed. */
export interface Diagnosis {
  readonly code: DiagnosisCode;
  readonly retry: RetryRule;
  readonly message: string;
  /** From the server: milliseconds after which a retry may succeed. */
  readonly retryAfterMs?: number;
  /** The server's own refusal, if there was one. */
  readonly refusal?: RefusalMessage;
}

/**
 * Falls back to the category when a refusal's code is not a diagnosis itself. This covers codes of newer servers too.
 */
function codeOf({ code, category }: RefusalMessage): DiagnosisCode {
  if (Object.hasOwn(diagnoses, code)) return code as DiagnosisCode;
  if (code === "session_missing") return "not_signed_in";
  if (code === "server_draining") return "server_restarting";
  if (category === "auth") return "session_ended";
  if (category === "server") return "server_down";
  return category === "request" ? "protocol_mismatch" : "unknown";
}

export function diagnose(code: DiagnosisCode, more: Pick<Diagnosis, "retryAfterMs" | "refusal"> = {}): Diagnosis {
  return { code, ...diagnoses[code], ...more };
}

/** The diagnosis that a refusal of the server stands for. */
export function diagnoseRefusal(refusal: RefusalMessage): Diagnosis {
  const { retry_after_ms: retryAfterMs } = refusal;
  return diagnose(codeOf(refusal), {
    refusal,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
