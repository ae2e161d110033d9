import type { ConnectionState, ConnectionStatus } from "../connection-state.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { StatusTexts } from "./texts/table.ts";

/** `ok`: it works. `waiting`: it mends itself. `problem`: somebody has to do something. `neutral`: nothing is wrong. */
type StatusTone = "ok" | "waiting" | "problem" | "neutral";

/** What a person can do about it. */
export type StatusAction = "retry" | "sign_in";

/** What a person is told about a connection. */
export interface StatusText {
  readonly headline: string;
  /** A sentence or two; empty where the headline says it all. */
  readonly detail: string;
  readonly tone: StatusTone;
  /** The likeliest first. */
  readonly actions: readonly StatusAction[];
  /** Seconds until the next attempt, counted up to a whole one; null when none is planned. */
  readonly countdownSeconds: number | null;
}

const tones: Record<ConnectionStatus, StatusTone> = {
  idle: "neutral",
  connecting: "waiting",
  connected: "ok",
  reconnecting: "waiting",
  suspended: "neutral",
  offline: "waiting",
  auth_required: "problem",
  refused: "problem",
  closed: "neutral",
};

/** Nothing that a person has to know: told in passing, and at once. */
export const isQuiet = ({ status }: ConnectionState): boolean => status === "connected" || status === "idle";

/** What to tell a person about a state. Pure. */
export function statusText(state: ConnectionState, texts: StatusTexts, now: number): StatusText {
  const { status, nextAttemptAt } = state;
  const exhausted = state.code === "attempts_exhausted";
  const cause = presentCause(state);
  return {
    headline: texts.headlines[status],
    detail: exhausted ? texts.exhausted : cause ? sentence(cause, texts) : (texts.details[status] ?? ""),
    tone: exhausted ? "problem" : tones[status],
    actions: exhausted ? ["retry"] : actionsOf(status, cause),
    countdownSeconds: nextAttemptAt === null ? null : Math.max(0, Math.ceil((nextAttemptAt - now) / 1000)),
  };
}

/** An application's own table may be older than a code: the diagnosis brings an English sentence along. */
const sentence = ({ code, message }: Diagnosis, texts: StatusTexts): string => texts.diagnoses[code] ?? message;

/**
 * The diagnosis, if it still holds. A state keeps its last one while things move on: who has just signed in, or is back
 * on the network, must not be told to sign in or that there is no network.
 */
function presentCause({ status, diagnosis }: ConnectionState): Diagnosis | null {
  switch (status) {
    case "connected":
    case "offline":
    case "auth_required":
    case "refused":
      return diagnosis;
    case "reconnecting": {
      const overcome =
        diagnosis?.code === "network_offline" || diagnosis?.retry === "session_change" || diagnosis?.retry === "never";
      return overcome ? null : diagnosis;
    }
    default:
      return null;
  }
}

function actionsOf(status: ConnectionStatus, cause: Diagnosis | null): readonly StatusAction[] {
  switch (status) {
    case "reconnecting":
      // An impatient click would count against the limit and make the wait longer.
      return cause?.code === "rate_limited" ? [] : ["retry"];
    case "offline":
      // Browsers err about the network behind some virtual adapters.
      return ["retry"];
    case "auth_required":
      return ["sign_in"];
    case "refused":
      return cause?.code === "forbidden" ? ["sign_in", "retry"] : ["retry"];
    default:
      return [];
  }
}
