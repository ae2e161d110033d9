/** Bounds of a delay, in milliseconds: the server's `reconnection_delay_ms` and `reconnection_delay_max_ms`. */
export interface BackoffBounds {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: a random delay from zero to the current bound. It spreads clients that failed
 * together evenly, where partial jitter leaves them in waves (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * The bound grows with the duration of the outage, not with the number of attempts. When the server is back, a client
 * waits at most as long as the server was away, plus `baseMs`. A count gives no such limit: full jitter lets some
 * clients fail many times in a second, and they would then wait longest.
 * @param lastedMs - since the first failure
 * @param random - 0 inclusive to 1 exclusive
 * @returns milliseconds
 */
export function backoffMs(lastedMs: number, { baseMs, maxMs }: BackoffBounds, random: number): number {
  // A clock that was set back must not make the bound negative.
  return Math.floor(random * Math.min(maxMs, baseMs + Math.max(0, lastedMs)));
}
