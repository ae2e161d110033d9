import type { ConnectionState } from "./connection-state.ts";
import type { DiagnosisCode } from "./diagnosis.ts";

/** Causes that leave plain HTTP working. Where nothing is reachable there is nothing to ask. */
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

/** Whether a connection that is not there may be stood in for by plain HTTP. */
export const leavesHttp = ({ diagnosis, status }: ConnectionState): boolean =>
  status !== "closed" && diagnosis !== null && codes.has(diagnosis.code);
