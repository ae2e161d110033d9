import { monotonicUs } from "../peers/payloads.ts";
import type { Broadcaster } from "./broadcasters/broadcaster.ts";
import type { FanOutAnswer, FanOutParams, PacedAnswer, PacedParams } from "./commands.ts";
import type { Crowd } from "./crowd.ts";
import { Histogram } from "./histogram.ts";
import { findStamp, readStamp } from "./stamp.ts";

/**
 * Broadcasts as fast as they arrive: a turn that every client has received makes room for the next, so that no buffer
 * grows without bound and every delivery that the server paid for is counted.
 */
export function fanOut(crowd: Crowd, broadcaster: Broadcaster, params: FanOutParams): Promise<FanOutAnswer> {
  const { broadcasts, bytes, ahead, seconds } = params;
  const perTurn = crowd.size * broadcasts;
  const startedUs = monotonicUs();
  let deliveries = 0;
  let turnEndsAt = perTurn;
  let turnsOpen = ahead;

  return new Promise((resolve) => {
    crowd.onMessage = (_client, _buffer, start, end) => {
      // Anything shorter is not ours.
      if (end - start < bytes) return;
      deliveries += 1;
      if (deliveries < turnEndsAt) return;
      turnEndsAt += perTurn;
      const elapsedUs = monotonicUs() - startedUs;
      if (elapsedUs < seconds * 1_000_000) return broadcaster.turn(broadcasts, bytes);
      turnsOpen -= 1;
      if (turnsOpen === 0) resolve({ deliveries, seconds: elapsedUs / 1_000_000 });
    };
    for (let turn = 0; turn < ahead; turn += 1) broadcaster.turn(broadcasts, bytes);
  });
}

/** How long after the last turn deliveries are still waited for. */
const lateMs = 2000;

/** Broadcasts at an even pace, and measures how long each delivery was under way. */
export function paced(crowd: Crowd, broadcaster: Broadcaster, params: PacedParams): Promise<PacedAnswer> {
  const { broadcasts, bytes, turnsPerSecond, seconds } = params;
  const latencies = new Histogram();
  const turns = turnsPerSecond * seconds;
  const expected = turns * broadcasts * crowd.size;
  const startedUs = monotonicUs();
  let deliveries = 0;
  let made = 0;

  return new Promise((resolve) => {
    const finish = (): void => {
      clearInterval(timer);
      clearTimeout(deadline);
      resolve({ deliveries, p50Ms: latencies.quantile(0.5), p99Ms: latencies.quantile(0.99) });
    };
    crowd.onMessage = (_client, buffer, start, end) => {
      if (end - start < bytes) return;
      deliveries += 1;
      latencies.add((monotonicUs() - readStamp(buffer, findStamp(buffer, start, end))) / 1000);
      if (deliveries === expected) finish();
    };
    // By the clock, not by the count of timers: one that comes late makes up for it.
    const timer = setInterval(() => {
      const due = Math.min(turns, Math.floor(((monotonicUs() - startedUs) / 1_000_000) * turnsPerSecond));
      for (; made < due; made += 1) broadcaster.turn(broadcasts, bytes);
    }, 1);
    const deadline = setTimeout(finish, seconds * 1000 + lateMs);
  });
}
