import type { Clock } from "../ports.ts";

export interface PacketMeter {
  /** Counts one; false when that was more than a second allows. */
  count(): boolean;
}

/** Counts per second on two numbers, without a timer: there is one for each connection. */
export function createPacketMeter({ perSecond, clock }: { perSecond: number; clock: Clock }): PacketMeter {
  let windowStart = Number.NEGATIVE_INFINITY;
  let counted = 0;
  return {
    count() {
      const now = clock.now();
      // A clock that was set back must not leave an honest connection in one endless second.
      if (now - windowStart >= 1000 || now < windowStart) {
        windowStart = now;
        counted = 0;
      }
      counted += 1;
      return counted <= perSecond;
    },
  };
}
