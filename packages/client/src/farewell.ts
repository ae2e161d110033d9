import type { SessionEndReason } from "@signalbox/protocol";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { isWellFormed } from "./event-guards.ts";

/** What the server says before it closes a connection; undefined for every other event. */
export function farewellIn(event: string, payload: unknown): Diagnosis | undefined {
  if (!isWellFormed(event, payload)) return undefined;
  const said = (payload ?? {}) as { reason?: SessionEndReason; reconnect_after_ms?: unknown };
  if (event === "session_ending") return diagnose(said.reason === "role_changed" ? "forbidden" : "session_ended");
  if (event !== "server_draining") return undefined;
  const { reconnect_after_ms: ms } = said;
  return diagnose("server_restarting", { retryAfterMs: typeof ms === "number" && ms >= 0 ? ms : 0 });
}
