import type { Environment } from "../../src/environment.ts";

/** Time that stands still until a test moves it; dice that always show the middle. */
export function manualEnvironment(): Environment & { advance(ms: number): void } {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    random: () => 0.5,
    fetch: () => Promise.reject(new TypeError("There is no network here.")),
    online: () => true,
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.run();
      }
      now = until;
    },
  };
}
