import type { ClientConfig } from "@signalbox/protocol";
import type { Diagnosis } from "../diagnosis.ts";
import { backoffMs } from "./backoff.ts";

/** What to do after a failure. */
export type Decision =
  /** Retry automatically. */
  | { readonly kind: "retry"; readonly delayMs: number }
  /** Wait until the session, or another cause of the refusal, has changed; poll at a low rate. */
  | { readonly kind: "watch" }
  /** Wait for the network, and retry now and then: the platform's report is only a hint. */
  | { readonly kind: "offline" }
  | { readonly kind: "stop" };

export type RetrySettings = Pick<
  ClientConfig,
  "reconnection" | "reconnection_attempts" | "reconnection_delay_ms" | "reconnection_delay_max_ms"
>;

/** Used until the server has sent its settings; they are the server's own defaults. */
export const defaultRetrySettings: RetrySettings = {
  reconnection: true,
  reconnection_attempts: null,
  reconnection_delay_ms: 1000,
  reconnection_delay_max_ms: 5000,
};

/** The current run of failures. */
export interface Trouble {
  readonly failures: number;
  /** Milliseconds since the first of these failures. */
  readonly lastedMs: number;
}

/**
 * Decides when to retry. Pure. If the server names a time, clients wait until then and spread over the time after it.
 */
export function decideRetry(
  diagnosis: Diagnosis,
  { failures, lastedMs }: Trouble,
  settings: RetrySettings,
  random: number,
): Decision {
  if (diagnosis.retry === "never" || diagnosis.retry === "session_change") return { kind: "watch" };
  if (diagnosis.code === "network_offline") return { kind: "offline" };
  if (!settings.reconnection || failures >= (settings.reconnection_attempts ?? Number.POSITIVE_INFINITY)) {
    return { kind: "stop" };
  }
  const baseMs = settings.reconnection_delay_ms;
  if (diagnosis.retryAfterMs !== undefined) {
    return { kind: "retry", delayMs: diagnosis.retryAfterMs + backoffMs(0, { baseMs, maxMs: baseMs }, random) };
  }
  return {
    kind: "retry",
    delayMs: backoffMs(lastedMs, { baseMs, maxMs: settings.reconnection_delay_max_ms }, random),
  };
}
