import { withheldByThread } from "../../packages/server/src/testing/withheld.ts";
import { childrenOf } from "../../scripts/services/service.ts";
import type { Line } from "../history/line.ts";
import { createStalls } from "../history/stalls.ts";

const everyMs = 100;

/** A shorter wait is added to the next one. */
const leastMs = 1;

export interface StallRecorder {
  /** Returns the milliseconds since the call in which no process waited for a core. */
  stopwatch(): () => number;
  /** Returns the milliseconds since the call, or so many before it, in which a process waited for a core. */
  stalled(beforeMs?: number): () => number;
  /** Whether a condition comes true in time, by the stopwatch. */
  until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<boolean>;
  stop(): void;
}

/**
 * Writes down when this process or others waited for a core: on a machine that does other things a client may be late for
 * no fault of the layer's. What a process does itself, however long it takes, is no stall. All threads count: while one that
 * collects garbage waits, so does the one that runs JavaScript.
 * @param pids - the others, asked each time; what they have started counts as well
 */
export function recordStalls(pids: () => readonly number[], record: (line: Line) => void): StallRecorder {
  const stalls = createStalls();
  let before = withheldByThreads(pids());
  let lookedAt = performance.now();

  function look(): void {
    const now = performance.now();
    const withheld = withheldByThreads(pids());
    const waits = [...withheld].map(([thread, waited]) => Math.max(0, waited - (before.get(thread) ?? 0)));
    const sum = waits.reduce((total, wait) => total + wait, 0);
    if (sum < leastMs) return;
    // Several that wait at the same moment are late once; one that waited for longer is counted when it runs again.
    const ms = Math.max(Math.min(sum, now - lookedAt), ...waits);
    before = withheld;
    lookedAt = now;
    const line: Line = { operation: "stalled", ms: Math.round(ms), at: Date.now() };
    stalls.take(line);
    record(line);
  }
  const timer = setInterval(look, everyMs);

  function stalled(beforeMs = 0): () => number {
    const startedAt = Date.now() - beforeMs;
    return () => {
      look();
      return stalls.within(startedAt, Date.now());
    };
  }

  function stopwatch(): () => number {
    const startedAt = Date.now();
    const stalledMs = stalled();
    return () => Math.max(0, Date.now() - startedAt - stalledMs());
  }

  return {
    stopwatch,
    stalled,
    async until(condition, withinMs) {
      const elapsed = stopwatch();
      while (!(await condition())) {
        if (elapsed() > withinMs) return false;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return true;
    },
    stop() {
      clearInterval(timer);
      look();
    },
  };
}

/** How long each thread of the processes has waited in its life. */
function withheldByThreads(pids: readonly number[]): Map<string, number> {
  const withheld = [...withheldByThread(process.pid)];
  const take = (pid: number): void => {
    withheld.push(...withheldByThread(pid));
    childrenOf(pid).forEach(take);
  };
  pids.forEach(take);
  return new Map(withheld);
}
