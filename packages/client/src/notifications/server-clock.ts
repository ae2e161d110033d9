import type { Environment } from "../environment.ts";

/** The server's time, derived from this device's clock, which may be hours off. */
export interface ServerClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** False until the server's time is known, and again when the device's clock may have been set since. */
  readonly isKnown: boolean;
  /** @param serverTime - as the server has just sent it; ignored if it is not a valid time */
  learn(serverTime: string): void;
  doubt(): void;
}

export function createServerClock({ now }: Pick<Environment, "now">): ServerClock {
  let aheadMs = 0;
  let isKnown = false;
  return {
    now: () => now() + aheadMs,
    get isKnown() {
      return isKnown;
    },
    learn(serverTime) {
      const ahead = Date.parse(serverTime) - now();
      isKnown = Number.isFinite(ahead);
      if (isKnown) aheadMs = ahead;
    },
    doubt() {
      isKnown = false;
    },
  };
}
