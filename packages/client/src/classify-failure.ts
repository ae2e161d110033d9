import type { RefusalMessage } from "@signalbox/protocol";
import { type Diagnosis, type DiagnosisCode, diagnose, diagnoseRefusal } from "./diagnosis.ts";

/** What is known of a failed attempt. Everything is a fact that was observed; no message text is among them. */
export interface Evidence {
  /** Which transport failed to open; undefined when none was tried. */
  readonly transport?: string | undefined;
  /** The server's own word. */
  readonly refusal?: RefusalMessage | undefined;
  /** Status of an HTTP answer that was not Signalbox's. */
  readonly status?: number | undefined;
  /** An answer arrived whose body is neither ours nor an error: HTML in place of JSON. */
  readonly foreign?: boolean | undefined;
  readonly timedOut?: boolean | undefined;
  /** Node only: the system's code of the failure, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
  readonly systemCode?: string | undefined;
  /** The application's `token` gave none. */
  readonly tokenFailed?: boolean | undefined;
  /** Whether client-config could be read after the failure. */
  readonly configReadable?: boolean | undefined;
  /** What `GET reachable` said: our server, somebody else, or nobody. */
  readonly reachable?: "server" | "foreign" | "nobody" | undefined;
  /** False when the browser says that it is offline. */
  readonly online: boolean;
}

/** Node's names for a certificate that is not accepted. */
const certificateCode = /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Tells causes apart, the surest evidence first. Pure. */
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
  // A gateway that reports its server missing (RFC 9110 sections 15.6.3 to 15.6.5).
  if (status >= 502 && status <= 504) return "server_down";
  // A proxy that wants something of the person (RFC 9110 section 15.5.8, RFC 6585 section 6).
  if (status === 407 || status === 511) return "proxy_interference";
  if (evidence.configReadable) {
    if (status > 0) return "protocol_mismatch";
    if (evidence.transport === "websocket") return "transport_blocked";
    return evidence.timedOut ? "timed_out" : "unknown";
  }
  if (evidence.foreign || evidence.reachable === "foreign") return "proxy_interference";
  if (evidence.timedOut) return "timed_out";
  if (status > 0) return "protocol_mismatch";
  // A page may read `reachable` from anywhere, and client-config only where its origin is accepted.
  if (evidence.reachable === "server") return "origin_refused";
  return evidence.reachable === "nobody" ? "server_down" : "unknown";
}
