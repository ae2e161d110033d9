import { readFileSync } from "node:fs";

/**
 * How long a thread was ready to run and waited for a core, in milliseconds. Linux counts it; elsewhere it is 0.
 * @param thread - below /proc: a process, for its main thread, or "self/task/<thread>"
 */
export function withheldMs(thread: string | number): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${thread}/schedstat`, "latin1").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
