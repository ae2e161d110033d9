/** What the client needs from outside, so that tests turn the clock and the dice by hand. */
export interface Environment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
  /** 0 inclusive to 1 exclusive. */
  random(): number;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** False when the platform knows that there is no network. */
  online(): boolean;
}

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  after(ms, run) {
    // A longer time would be none at all: the timer's own is an int32 (HTML Standard section 8.7).
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
  random: Math.random,
  fetch: (url, init) => fetch(url, init),
  online: () => globalThis.navigator?.onLine !== false,
};
