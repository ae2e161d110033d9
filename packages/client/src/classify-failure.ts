import type { RefusalMessage } from "@signalbox/protocol";
import { type Diagnosis, type DiagnosisCode, diagnose, diagnoseRefusal } from "./diagnosis.ts";

/** What is known about a failed attempt. Every field is an observed fact; none is the text of an error message. */
export interface Evidence {
  /** Which transport failed to open; undefined when none was tried. */
  readonly transport?: string | undefined;
  /** The server's own refusal. */
  readonly refusal?: RefusalMessage | undefined;
  /** Status of an HTTP response that did not come from Signalbox. */
  readonly status?: number | undefined;
  /** A response arrived whose body is neither Signalbox's nor an error, for example HTML instead of JSON. */
  readonly foreign?: boolean | undefined;
  readonly timedOut?: boolean | undefined;
  /** Node only: the system's error code, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
  readonly systemCode?: string | undefined;
  /** The application's `token` function provided no token. */
  readonly tokenFailed?: boolean | undefined;
  /** Whether client-config was readable after the failure. */
  readonly configReadable?: boolean | undefined;
  /** Result of `GET reachable`: the Signalbox server, other software, or no response. */
  readonly reachable?: "server" | "foreign" | "none" | undefined;
  /** False when the browser reports that it is offline. */
  readonly online: boolean;
}

/** Node's error codes for a certificate that is not accepted. */
const certificateCode = /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Classifies a failure, the most certain evidence first. Pure. */
export function classifyFailure(evidence: Evidence): Diagnosis {
  return evidence.refusal ? diagnoseRefusal(evidence.refusal) : diagnose(codeOf(evidence));
}

function codeOf(evidence: Evidence): DiagnosisCode {
  const { status = 0 } = evidence;
  if (!evidence.online) return "network_offline";
  if (evidence.tokenFailed) return "token_unavailable";
  if (evidence.systemCode !== undefined) {
    return certificateCode.test(evidence.systemCode) ? "clock_or_certificate" : "server_down";
  }
  // A gateway that reports its upstream as unavailable (RFC 9110 sections 15.6.3 to 15.6.5).
  if (status >= 502 && status <= 504) return "server_down";
  // A proxy that requires an action from the user (RFC 9110 section 15.5.8, RFC 6585 section 6).
  if (status === 407 || status === 511) return "proxy_interference";
  if (evidence.configReadable) {
    if (status > 0) return "protocol_mismatch";
    if (evidence.transport === "websocket") return "transport_blocked";
    return evidence.timedOut ? "timed_out" : "unknown";
  }
  if (evidence.foreign || evidence.reachable === "foreign") return "proxy_interference";
  if (evidence.timedOut) return "timed_out";
  if (status > 0) return "protocol_mismatch";
  // A page of any origin can read `reachable`. It can read client-config only if the server accepts its origin.
  if (evidence.reachable === "server") return "origin_refused";
  return evidence.reachable === "none" ? "server_down" : "unknown";
}
