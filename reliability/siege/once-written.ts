import { setTimeout as pause } from "node:timers/promises";

const everyMs = 500;
const patienceMs = 60_000;

/**
 * Looks at the security log until it is whole, for a minute at most: equal events are written down ten seconds after the
 * first of them.
 * @returns what the last look has seen
 */
export async function onceWritten<Seen>(look: () => Promise<Seen>, isWhole: (seen: Seen) => boolean): Promise<Seen> {
  for (let looks = 1; ; looks += 1) {
    const seen = await look();
    if (isWhole(seen) || looks * everyMs >= patienceMs) return seen;
    await pause(everyMs);
  }
}
