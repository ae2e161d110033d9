/** External dependencies of the client, so that tests control time and randomness. */
export interface Environment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
  /** 0 inclusive to 1 exclusive. */
  random(): number;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** False when the platform reports that there is no network. */
  online(): boolean;
}

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  after(ms, run) {
    // A longer delay would fire at once: the timer's delay is an int32 (HTML Standard section 8.7).
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
  random: Math.random,
  fetch: (url, init) => fetch(url, init),
  online: () => globalThis.navigator?.onLine !== false,
};
