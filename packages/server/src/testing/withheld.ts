import { readdirSync, readFileSync } from "node:fs";

/**
 * How long each thread of a process was ready to run and waited for a core, in milliseconds. Linux counts it; on other
 * systems there are none.
 */
export function withheldByThread(process: number | "self"): Map<string, number> {
  try {
    const folder = `/proc/${process}/task`;
    return new Map(readdirSync(folder).map((thread) => [thread, withheldMs(`${folder}/${thread}/schedstat`)]));
  } catch {
    return new Map();
  }
}

/** The same for all threads together: while one that collects garbage waits, so does the one that runs JavaScript. */
export function withheldOf(process: number | "self"): number {
  return [...withheldByThread(process).values()].reduce((sum, ms) => sum + ms, 0);
}

function withheldMs(file: string): number {
  try {
    const [, waitedNs] = readFileSync(file, "latin1").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
