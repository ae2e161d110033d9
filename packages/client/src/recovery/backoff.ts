/** Bounds of a delay, in milliseconds: the server's `reconnection_delay_ms` and `reconnection_delay_max_ms`. */
export interface BackoffBounds {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: anything from nothing to the grown delay. Spreads clients that failed
 * together evenly, where a partial jitter leaves them in waves (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * The delay grows with the time that the trouble has lasted, not with the count of attempts: what a client still waits
 * when the server is back is at most as long as the server was away, plus `baseMs`. A count says less than that: full
 * jitter lets some clients fail often in a second, who would then wait longest.
 * @param lastedMs - since the first failure
 * @param random - 0 inclusive to 1 exclusive
 * @returns milliseconds
 */
export function backoffMs(lastedMs: number, { baseMs, maxMs }: BackoffBounds, random: number): number {
  // A clock that was set back must not make it negative.
  return Math.floor(random * Math.min(maxMs, baseMs + Math.max(0, lastedMs)));
}
