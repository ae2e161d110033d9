import { createListeners } from "./listeners.ts";
import type { Reporter } from "./report.ts";

/** A value that changes and can be observed. */
export interface Observable<Value> {
  get(): Value;
  /** Calls the listener on every change, not with the current value. Returns an unsubscribe function. */
  subscribe(listener: (value: Value) => void): () => void;
  /**
   * Yields the current value and then every later one. A slow reader gets the latest value, not all of them. Ends when
   * the loop is left, or when no further value can come.
   */
  [Symbol.asyncIterator](): AsyncIterator<Value>;
}

export interface Source<Value> extends Observable<Value> {
  set(value: Value): void;
  /** Marks the end: no value follows, and loops end after the last one. */
  end(): void;
}

/** @param report - receives errors of listeners, which do not stop other listeners */
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
