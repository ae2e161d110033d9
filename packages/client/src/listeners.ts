import type { Reporter } from "./report.ts";

/** A list of listeners. A listener that throws is reported and does not stop the others. */
export interface Listeners<Args extends unknown[]> {
  /** Returns an unsubscribe function. */
  add(listener: (...args: Args) => void): () => void;
  tell(...args: Args): void;
}

export function createListeners<Args extends unknown[]>(report: Reporter): Listeners<Args> {
  const all = new Set<(...args: Args) => void>();
  return {
    add(listener) {
      all.add(listener);
      return () => all.delete(listener);
    },
    tell(...args) {
      for (const listener of [...all]) report.guard(() => listener(...args));
    },
  };
}
