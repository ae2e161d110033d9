import { createListeners } from "./listeners.ts";
import type { Reporter } from "./report.ts";

/** A value that changes, and can be watched. */
export interface Observable<Value> {
  get(): Value;
  /** Calls back with every change, not with the present value. Returns the way to stop. */
  subscribe(listener: (value: Value) => void): () => void;
  /**
   * The present value and then every later one; a slow reader gets the latest, not all.
   * Ends when the loop is left, or when nothing more can come.
   */
  [Symbol.asyncIterator](): AsyncIterator<Value>;
}

export interface Source<Value> extends Observable<Value> {
  set(value: Value): void;
  /** Nothing more will come: loops end after the last value. */
  end(): void;
}

/** @param report - told of listeners that throw: they stop nobody else */
export function createSource<Value>(initial: Value, report: Reporter): Source<Value> {
  let value = initial;
  let ended = false;
  const listeners = createListeners<[Value]>(report);
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of wakers) waker();
    wakers.clear();
  };

  return {
    get: () => value,
    set(next) {
      if (ended || next === value) return;
      value = next;
      listeners.tell(next);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    subscribe: listeners.add,
    [Symbol.asyncIterator]() {
      let seen: { value: Value } | undefined;
      return {
        async next() {
          while (seen !== undefined && seen.value === value) {
            if (ended) return { done: true, value: undefined };
            await new Promise<void>((resolve) => wakers.add(resolve));
          }
          seen = { value };
          return { done: false, value };
        },
        return: async () => ({ done: true, value: undefined }),
      };
    },
  };
}
