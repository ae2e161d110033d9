import type { SessionChange } from "../../core/ports.ts";

/** Those who watch a session source. */
export interface ListenerSet {
  announce(change: SessionChange): void;
  /** A source's `watch`. */
  watch(onChange: (change: SessionChange) => void): () => void;
}

/**
 * @param attach - called for the first listener; what it returns is called when the last one has gone
 */
export function createListenerSet(attach: () => () => void = () => () => {}): ListenerSet {
  const listeners = new Set<{ onChange(change: SessionChange): void }>();
  let detach = (): void => {};

  return {
    announce(change) {
      for (const { onChange } of listeners) onChange(change);
    },
    watch(onChange) {
      // An object per call: the same function may watch twice, and each ends on its own.
      const listener = { onChange };
      if (listeners.size === 0) detach = attach();
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) detach();
      };
    },
  };
}
