import type { Clock } from "../ports.ts";

export interface PacketMeter {
  /** Counts one; false when that was more than the window allows. */
  count(): boolean;
}

interface PacketMeterOptions {
  readonly limit: number;
  /** Default: a second. */
  readonly windowMs?: number;
  readonly clock: Clock;
}

/** Counts per window on two numbers, without a timer: there is one for each connection. */
export function createPacketMeter({ limit, windowMs = 1000, clock }: PacketMeterOptions): PacketMeter {
  let windowStart = Number.NEGATIVE_INFINITY;
  let counted = 0;
  return {
    count() {
      const now = clock.now();
      // A clock that was set back must not leave an honest connection in one endless window.
      if (now - windowStart >= windowMs || now < windowStart) {
        windowStart = now;
        counted = 0;
      }
      counted += 1;
      return counted <= limit;
    },
  };
}
