import { createListeners, type Listeners } from "./listeners.ts";
import type { Reporter } from "./report.ts";

/** Listeners by event name. */
export interface Emitter {
  on(event: string, listener: (payload: never) => void): () => void;
  emit(event: string, payload: unknown): void;
}

export function createEmitter(report: Reporter): Emitter {
  const listeners = new Map<string, Listeners<[payload: never]>>();
  return {
    on(event, listener) {
      const ofEvent = listeners.get(event) ?? createListeners(report);
      listeners.set(event, ofEvent);
      return ofEvent.add(listener);
    },
    emit: (event, payload) => listeners.get(event)?.tell(payload as never),
  };
}
