import type { Diagnosis, DiagnosisCode } from "./diagnosis.ts";

/**
 * `idle`: no connection was requested yet. `reconnecting`: the client retries automatically. `suspended`: the browser
 * froze or stored the page. `offline`: the browser has no network. `auth_required`: waits for a session. `refused`:
 * waits for a change by a user or an administrator. `closed`: the application closed the connection, or the client may
 * not retry automatically.
 */
export type ConnectionStatus =
  | "idle"
  | "connecting"
  | "connected"
  | "reconnecting"
  | "suspended"
  | "offline"
  | "auth_required"
  | "refused"
  | "closed";

/** Why a state was entered: a diagnosis, or an ordinary event in the life of a connection. */
export type TransitionCode =
  | DiagnosisCode
  | "created"
  | "requested"
  | "attempt"
  | "established"
  | "transport_changed"
  | "page_suspended"
  | "page_resumed"
  | "network_back"
  | "session_changed"
  | "closed_by_application"
  | "attempts_exhausted";

/** The status of the connection, when it was entered, and why. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  readonly code: TransitionCode;
  /** The transition as a sentence. */
  readonly reason: string;
  /** What is wrong; null while nothing is. On a connection over polling it may say that WebSocket is blocked. */
  readonly diagnosis: Diagnosis | null;
  readonly transport: "polling" | "websocket" | null;
  /** Attempts since the connection was last established. */
  readonly attempt: number;
  /** When the next automatic attempt starts, in milliseconds since the epoch; null when none is planned. */
  readonly nextAttemptAt: number | null;
  /** When this status was entered, in milliseconds since the epoch. */
  readonly since: number;
}

export type ConnectionEvent =
  | {
      readonly type:
        | "requested"
        | "attempt"
        | "page_suspended"
        | "page_resumed"
        | "network_back"
        | "session_changed"
        | "closed_by_application";
    }
  | { readonly type: "established"; readonly transport: ConnectionState["transport"] }
  | {
      readonly type: "transport_changed";
      readonly transport: ConnectionState["transport"];
      readonly diagnosis: Diagnosis | null;
    }
  /** `retryAt` is null when no automatic attempt follows. */
  | { readonly type: "failed"; readonly diagnosis: Diagnosis; readonly retryAt: number | null };

const reasons: Record<Exclude<ConnectionEvent["type"], "failed">, string> = {
  requested: "A connection was asked for.",
  attempt: "An attempt has begun.",
  established: "The server accepted the connection.",
  transport_changed: "The transport has changed.",
  page_suspended: "The browser suspended the page.",
  page_resumed: "The page is awake again.",
  network_back: "The network is back.",
  session_changed: "The session has changed.",
  closed_by_application: "The application closed the connection.",
};

export const initialState = (now: number): ConnectionState => ({
  status: "idle",
  code: "created",
  reason: "No connection was asked for yet.",
  diagnosis: null,
  transport: null,
  attempt: 0,
  nextAttemptAt: null,
  since: now,
});

/**
 * Returns the state after an event. Pure; an event that changes nothing returns the same object. Only `requested`
 * leaves `closed`.
 */
export function nextState(state: ConnectionState, event: ConnectionEvent, now: number): ConnectionState {
  if (state.status === "closed" && event.type !== "requested") return state;
  if (event.type === "failed") return afterFailure(state, event.diagnosis, event.retryAt, now);

  const code = event.type;
  const reason = reasons[code];
  const next = { ...state, code, reason, transport: null, nextAttemptAt: null };
  const enter = (status: ConnectionStatus, more: Partial<ConnectionState> = {}): ConnectionState => ({
    ...next,
    status,
    since: status === state.status ? state.since : now,
    ...more,
  });
  switch (event.type) {
    case "requested":
      return enter("connecting", { diagnosis: null, attempt: 0 });
    case "attempt": {
      // The first attempt is `connecting`. A client that was connected before, or failed, is `reconnecting`.
      const status = state.status === "connecting" || state.status === "idle" ? "connecting" : "reconnecting";
      return enter(status, { attempt: state.attempt + 1 });
    }
    case "established":
      return enter("connected", { diagnosis: null, transport: event.transport, attempt: 0 });
    case "transport_changed":
      return state.status === "connected"
        ? { ...state, code, reason, transport: event.transport, diagnosis: event.diagnosis }
        : state;
    case "page_suspended":
      return enter("suspended");
    case "page_resumed":
    case "network_back":
    case "session_changed":
      return enter("reconnecting", { diagnosis: null });
    case "closed_by_application":
      return enter("closed", { diagnosis: null });
  }
}

function afterFailure(
  state: ConnectionState,
  diagnosis: Diagnosis,
  retryAt: number | null,
  now: number,
): ConnectionState {
  const status = statusOf(diagnosis, retryAt);
  const exhausted = status === "closed";
  return {
    ...state,
    status,
    code: exhausted ? "attempts_exhausted" : diagnosis.code,
    reason: exhausted ? "No attempts are left." : diagnosis.message,
    diagnosis,
    transport: null,
    nextAttemptAt: retryAt,
    since: status === state.status ? state.since : now,
  };
}

function statusOf(diagnosis: Diagnosis, retryAt: number | null): ConnectionStatus {
  if (diagnosis.code === "network_offline") return "offline";
  if (diagnosis.code === "forbidden" || diagnosis.retry === "never") return "refused";
  if (diagnosis.retry === "session_change") return "auth_required";
  return retryAt === null ? "closed" : "reconnecting";
}
