import type { ClientConfig } from "@signalbox/protocol";
import type { Diagnosis } from "../diagnosis.ts";
import { backoffMs } from "./backoff.ts";

/** What is to be done after a failure. */
export type Decision =
  /** Try again by itself. */
  | { readonly kind: "retry"; readonly delayMs: number }
  /** Wait until the session, or whatever refused us, has changed: look now and then, cheaply. */
  | { readonly kind: "watch" }
  /** Wait for the network, and look now and then: the platform's word is a hint. */
  | { readonly kind: "offline" }
  | { readonly kind: "stop" };

export type RetrySettings = Pick<
  ClientConfig,
  "reconnection" | "reconnection_attempts" | "reconnection_delay_ms" | "reconnection_delay_max_ms"
>;

/** Until the server has told its settings. They are its own defaults. */
export const defaultRetrySettings: RetrySettings = {
  reconnection: true,
  reconnection_attempts: null,
  reconnection_delay_ms: 1000,
  reconnection_delay_max_ms: 5000,
};

/** What has failed in a row until now. */
export interface Trouble {
  readonly failures: number;
  /** Milliseconds since the first of them. */
  readonly lastedMs: number;
}

/** Decides when to try again. Pure. A server that names a time is obeyed, and its clients are spread behind that time. */
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
