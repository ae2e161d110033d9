import type { ConnectionState } from "./connection-state.ts";
import type { DiagnosisCode } from "./diagnosis.ts";

/** Causes that leave plain HTTP working. Where the server is unreachable, HTTP does not help either. */
const codes: ReadonlySet<DiagnosisCode> = new Set([
  "transport_blocked",
  "proxy_interference",
  "timed_out",
  "protocol_mismatch",
  "too_many_connections",
  "server_full",
  "rate_limited",
  "unknown",
]);

/** Whether plain HTTP may stand in for the missing connection. */
export const leavesHttp = ({ diagnosis, status }: ConnectionState): boolean =>
  status !== "closed" && diagnosis !== null && codes.has(diagnosis.code);
