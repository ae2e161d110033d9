import type { ConnectionState } from "../connection-state.ts";
import { isQuiet } from "./status-text.ts";

/** Interruptions shorter than this are not shown. */
const unnoticedMs = 1000;

/** A shown state stays this long, so that an interruption just above the limit does not flash. */
const readableMs = 1000;

/** Filters quick changes of the connection into states that a user can read. */
export interface Steady {
  push(state: ConnectionState): void;
  stop(): void;
}

/** @param show - called with each state that is worth showing, at the time to show it */
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
      // The time asleep was not visible: an interruption after waking counts as a new one.
      const begins = troubleSince === null || latest?.status === "suspended";
      if (!trouble) troubleSince = null;
      else if (begins) troubleSince = state.since;
      latest = state;

      const due = troubleSince === null ? troubleShownAt + readableMs : troubleSince + unnoticedMs;
      // Never longer than the longer of the two limits, even if the clock is set.
      const wait = trouble === troubleShown ? 0 : Math.min(due - Date.now(), unnoticedMs);
      if (wait > 0) timer = setTimeout(() => present(state), wait);
      else present(state);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
