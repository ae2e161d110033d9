import type { SessionChange } from "../../core/ports.ts";

/** The listeners of a session source. */
export interface ListenerSet {
  announce(change: SessionChange): void;
  /** Implements `watch` of a source. */
  watch(onChange: (change: SessionChange) => void): () => void;
}

/**
 * @param attach - called for the first listener; the function it returns is called when the last one has gone
 */
export function createListenerSet(attach: () => () => void = () => () => {}): ListenerSet {
  const listeners = new Set<{ onChange(change: SessionChange): void }>();
  let detach = (): void => {};

  return {
    announce(change) {
      for (const { onChange } of listeners) onChange(change);
    },
    watch(onChange) {
      // One object per call: the same function may be registered twice, and each registration ends on its own.
      const listener = { onChange };
      if (listeners.size === 0) detach = attach();
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) detach();
      };
    },
  };
}
