import type { ConnectionState } from "../connection-state.ts";
import { isQuiet } from "./status-text.ts";

/** Shorter interruptions are not shown at all. */
const unnoticedMs = 1000;

/** What was shown stays for as long, so that an interruption just above the limit is no flash either. */
const readableMs = 1000;

/** Between a connection that changes as it likes and a person who wants to read. */
export interface Steady {
  push(state: ConnectionState): void;
  stop(): void;
}

/** @param show - called with each state that is worth showing, when it is */
export function createSteady(show: (state: ConnectionState) => void): Steady {
  let latest: ConnectionState | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let troubleShown = false;
  let troubleShownAt = 0;
  let troubleSince: number | null = null;

  const present = (state: ConnectionState): void => {
    const trouble = !isQuiet(state);
    if (trouble && !troubleShown) troubleShownAt = Date.now();
    troubleShown = trouble;
    show(state);
  };

  return {
    push(state) {
      clearTimeout(timer);
      const trouble = !isQuiet(state);
      // Nobody saw the time asleep: what comes after waking is an interruption of its own.
      const begins = troubleSince === null || latest?.status === "suspended";
      if (!trouble) troubleSince = null;
      else if (begins) troubleSince = state.since;
      latest = state;

      const due = troubleSince === null ? troubleShownAt + readableMs : troubleSince + unnoticedMs;
      // At most the longest of the two, even if somebody sets the clock.
      const wait = trouble === troubleShown ? 0 : Math.min(due - Date.now(), unnoticedMs);
      if (wait > 0) timer = setTimeout(() => present(state), wait);
      else present(state);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
