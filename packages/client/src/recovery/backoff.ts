/**
 * Gentler than doubling: after a restart of a second or a few, the next attempt is not much further away than the
 * server was. With a half more each time, some of 2,000 clients were still waiting three seconds after it was back.
 */
const growth = 1.25;

/**
 * Exponential backoff with full jitter: anything from nothing to the grown delay. Spreads clients that failed
 * together evenly, where a partial jitter leaves them in waves (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * @param attempt - failures so far, 0 for the first
 * @param random - 0 inclusive to 1 exclusive
 * @returns milliseconds
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
  random: number,
): number {
  return Math.floor(random * Math.min(maxMs, baseMs * growth ** Math.min(attempt, 30)));
}
