import type { Reporter } from "./report.ts";

/** Who wants to be told of something. One that throws is reported, and stops nobody else. */
export interface Listeners<Args extends unknown[]> {
  /** Returns the way to stop. */
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
