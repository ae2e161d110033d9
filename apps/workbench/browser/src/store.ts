import { useLayoutEffect, useReducer } from "preact/hooks";

/** A value that changes over time, for components to display. */
export interface Readable<Value> {
  get(): Value;
  /** Calls the listener after each change. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void;
}

export interface Store<Value> extends Readable<Value> {
  set(value: Value): void;
  /** Replaces some fields. */
  patch(fields: Partial<Value>): void;
}

export function createStore<Value extends object>(initial: Value): Store<Value> {
  const listeners = new Set<() => void>();
  let current = initial;

  function set(value: Value): void {
    current = value;
    for (const listener of listeners) listener();
  }

  return {
    get: () => current,
    set,
    patch: (fields) => set({ ...current, ...fields }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Returns the store's value; the component renders again whenever it changes. */
export function useStore<Value>(store: Readable<Value>): Value {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const value = store.get();
  useLayoutEffect(() => {
    // Otherwise a change between rendering and subscribing would be missed.
    if (store.get() !== value) redraw(undefined);
    return store.subscribe(() => redraw(undefined));
  }, [store]);
  return value;
}
