import type { Reporter } from "./report.ts";

/** Listeners by event name. One that throws is reported, and stops nobody else. */
export interface Emitter {
  on(event: string, listener: (payload: never) => void): () => void;
  emit(event: string, payload: unknown): void;
}

export function createEmitter(report: Reporter): Emitter {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  return {
    on(event, listener) {
      const ofEvent = listeners.get(event) ?? new Set();
      listeners.set(event, ofEvent);
      ofEvent.add(listener);
      return () => ofEvent.delete(listener);
    },
    emit(event, payload) {
      for (const listener of [...(listeners.get(event) ?? [])]) report.guard(() => listener(payload as never));
    },
  };
}
