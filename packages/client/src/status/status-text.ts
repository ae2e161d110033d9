import type { ConnectionState, ConnectionStatus } from "../connection-state.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { StatusTexts } from "./texts/table.ts";

/**
 * `ok`: it works. `waiting`: it recovers automatically. `problem`: a user or an administrator has to act. `neutral`:
 * nothing is wrong.
 */
type StatusTone = "ok" | "waiting" | "problem" | "neutral";

/** The actions available to the user. */
export type StatusAction = "retry" | "sign_in";

/** The texts about a connection for the user. */
export interface StatusText {
  readonly headline: string;
  /** One or two sentences; empty where the headline is enough. */
  readonly detail: string;
  readonly tone: StatusTone;
  /** The most likely action first. */
  readonly actions: readonly StatusAction[];
  /** Seconds until the next attempt, rounded up; null when none is planned. */
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

/** States that need no attention: they are shown unobtrusively, and at once. */
export const isQuiet = ({ status }: ConnectionState): boolean => status === "connected" || status === "idle";

/** Returns the texts for a state. Pure. */
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

/** An application's own table may be older than a code: the diagnosis contains an English sentence as a fallback. */
const sentence = ({ code, message }: Diagnosis, texts: StatusTexts): string => texts.diagnoses[code] ?? message;

/**
 * The diagnosis, if it still applies. A state keeps its last diagnosis during later transitions: a user who has just
 * signed in must not see "sign in", and one who is back online must not see "no network".
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
      // Browsers report the network wrongly behind some virtual adapters.
      return ["retry"];
    case "auth_required":
      return ["sign_in"];
    case "refused":
      return cause?.code === "forbidden" ? ["sign_in", "retry"] : ["retry"];
    default:
      return [];
  }
}
