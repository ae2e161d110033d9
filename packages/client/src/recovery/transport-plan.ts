import type { Environment } from "../environment.ts";

const firstBlockMs = 60_000;
const longestBlockMs = 600_000;

/** A WebSocket that closes sooner than this was probably cut by an intermediary. */
const earlyMs = 10_000;

/** Consecutive early closes after which WebSocket counts as blocked: a single one may be a restart. */
const earlyDeaths = 2;

/** Chooses the transports: WebSocket is avoided after failures, and tried again later. */
export interface TransportPlan {
  choose<Transport extends string>(offered: readonly Transport[]): readonly Transport[];
  /** WebSocket did not open, but HTTP works. */
  blocked(): void;
  worked(): void;
  /** A connection over WebSocket was lost after this many milliseconds. */
  lostAfter(ms: number): void;
  /** Milliseconds until WebSocket may be tried again; null when it is not blocked. */
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
