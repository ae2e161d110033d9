/** One state of each status, made by the state machine itself. */
import { type ConnectionEvent, type ConnectionState, initialState, nextState } from "../../src/connection-state.ts";
import { type DiagnosisCode, diagnose } from "../../src/diagnosis.ts";

export const failed = (code: DiagnosisCode, retryAt: number | null): ConnectionEvent => ({
  type: "failed",
  diagnosis: diagnose(code),
  retryAt,
});

const established: ConnectionEvent = { type: "established", transport: "websocket" };

/** What a connection is after these events, all of them at `now`. */
export function after(now: number, ...events: readonly ConnectionEvent[]): ConnectionState {
  return events.reduce((state, event) => nextState(state, event, now), initialState(now));
}

/** The nine statuses, as people most often meet them. `now` is when each was entered. */
export function statesOf(now: number): Record<ConnectionState["status"], ConnectionState> {
  const begun = [{ type: "requested" }, { type: "attempt" }] as const;
  const connected = [...begun, established] as const;
  return {
    idle: initialState(now),
    connecting: after(now, ...begun),
    connected: after(now, ...connected),
    reconnecting: after(now, ...connected, { type: "attempt" }, failed("server_down", now + 12_000)),
    suspended: after(now, ...connected, { type: "page_suspended" }),
    offline: after(now, ...connected, failed("network_offline", null)),
    auth_required: after(now, ...connected, failed("session_ended", null)),
    refused: after(now, ...begun, failed("origin_refused", null)),
    closed: after(now, ...begun, failed("server_down", null)),
  };
}
