import { createFakeClock } from "@signalbox/server/testing";
import type { Environment } from "../../src/environment.ts";

/** The client's surroundings with time that a test turns, while requests go to a real server. */
export interface FakeEnvironment extends Environment {
  /** For a server that shares the time. */
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Lets time pass second by second; what is requested on the way is answered before the next second begins. */
  pass(ms: number): Promise<void>;
}

/** @param random - what every throw of the dice shows; 0 leaves no jitter */
export function createFakeEnvironment(random = 0): FakeEnvironment {
  const clock = createFakeClock(Date.now());
  const underWay = new Set<Promise<unknown>>();

  async function settle(): Promise<void> {
    do {
      await Promise.allSettled(underWay);
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    } while (underWay.size > 0);
  }

  return {
    clock,
    now: clock.now,
    after: clock.after,
    random: () => random,
    online: () => true,
    fetch(url, init) {
      const whole = fetchWhole(url, init);
      underWay.add(whole);
      const done = (): void => void underWay.delete(whole);
      whole.then(done, done);
      return whole;
    },
    async pass(ms) {
      await settle();
      for (let left = ms; left > 0; left -= 1000) {
        clock.advance(Math.min(1000, left));
        await settle();
      }
    },
  };
}

/** With its body, so that nothing of it is still on its way when it counts as answered. */
async function fetchWhole(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const body = response.body === null ? null : await response.arrayBuffer();
  return new Response(body, { status: response.status, headers: response.headers });
}
