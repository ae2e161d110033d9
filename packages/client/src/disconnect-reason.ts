import type { SessionEndReason } from "@signalbox/protocol";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { isWellFormed } from "./event-guards.ts";

/** The diagnosis that the server announces before it closes a connection; undefined for every other event. */
export function disconnectReasonIn(event: string, payload: unknown): Diagnosis | undefined {
  if (!isWellFormed(event, payload)) return undefined;
  if (event === "session_ending") {
    const { reason } = payload as { reason: SessionEndReason };
    return diagnose(reason === "role_changed" ? "forbidden" : "session_ended");
  }
  if (event !== "server_draining") return undefined;
  const { reconnect_after_ms: retryAfterMs } = payload as { reconnect_after_ms: number };
  return diagnose("server_restarting", { retryAfterMs });
}
