import { readFileSync } from "node:fs";
import { withheldOf } from "./withheld.ts";

/**
 * Measures a duration that the product guarantees, without the time for which the machine gave this process no core: a
 * busy machine delays every answer, and a slow answer must still fail. Returns the milliseconds since the call.
 */
export function startStopwatch(): () => number {
  const startedAt = performance.now();
  const withheldBefore = withheldOf("self");
  const workedBefore = process.cpuUsage();
  return () => {
    const passedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(workedBefore);
    // Threads that wait at the same moment are counted each. CPU time that was used has passed in any case.
    const ownMs = Math.max(passedMs - (withheldOf("self") - withheldBefore), (user + system) / 1000);
    return Math.min(passedMs, ownMs);
  };
}

/** `setTimeout` that counts as `startStopwatch` does. Returns its cancellation. */
export function afterOwnTime(ms: number, run: () => void): () => void {
  const elapsed = startStopwatch();
  let timer = setTimeout(look, ms);
  function look(): void {
    const leftMs = ms - elapsed();
    if (leftMs <= 0) run();
    else timer = setTimeout(look, leftMs);
  }
  return () => clearTimeout(timer);
}

/**
 * For a duration that several processes guarantee, such as a browser and a server: returns the milliseconds since the
 * call in which any process of the machine waited for a core. Linux counts them where it has pressure stall
 * information.
 */
export function watchStalls(): () => number {
  const before = stalledMs();
  return () => stalledMs() - before;
}

function stalledMs(): number {
  try {
    const [, totalUs] = /^some .*total=(\d+)$/m.exec(readFileSync("/proc/pressure/cpu", "latin1")) ?? [];
    return Number(totalUs ?? 0) / 1000;
  } catch {
    return 0;
  }
}
