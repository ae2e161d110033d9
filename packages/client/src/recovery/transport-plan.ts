import type { Environment } from "../environment.ts";

const firstBlockMs = 60_000;
const longestBlockMs = 600_000;

/** A WebSocket that is open for less than this was cut by something that does not like it. */
const earlyMs = 10_000;

/** Early deaths in a row after which WebSocket counts as blocked: one may be a restart. */
const earlyDeaths = 2;

/** Which transports to use: WebSocket is given up after failures, and tried again later. */
export interface TransportPlan {
  choose<Transport extends string>(offered: readonly Transport[]): readonly Transport[];
  /** WebSocket did not open while HTTP works. */
  blocked(): void;
  worked(): void;
  /** A connection over WebSocket was lost after this many milliseconds. */
  lostAfter(ms: number): void;
  /** Milliseconds until WebSocket may be tried again; null when it is not given up. */
  retryInMs(): number | null;
}

export function createTransportPlan({ now }: Pick<Environment, "now">): TransportPlan {
  let blockedUntil: number | null = null;
  let blocks = 0;
  let deaths = 0;

  function blocked(): void {
    blockedUntil = now() + Math.min(longestBlockMs, firstBlockMs * 2 ** blocks);
    blocks += 1;
    deaths = 0;
  }

  return {
    choose(offered) {
      const fallback = offered.filter((transport) => transport !== "websocket");
      return blockedUntil !== null && now() < blockedUntil && fallback.length > 0 ? fallback : offered;
    },
    blocked,
    worked() {
      blockedUntil = null;
      blocks = 0;
    },
    lostAfter(ms) {
      deaths = ms < earlyMs ? deaths + 1 : 0;
      if (deaths >= earlyDeaths) blocked();
    },
    retryInMs: () => (blockedUntil === null ? null : Math.max(0, blockedUntil - now())),
  };
}
