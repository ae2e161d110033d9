import type { SecurityEvent } from "@signalbox/protocol";
import type { Clock, Log, SecurityEventStore } from "../ports.ts";

/** Events that wait for a store that does not take them; beyond it the oldest are given up. */
const maxWaiting = 5000;

/** How long a failing store is left alone. */
const retryMs = 1000;

export interface EventWriter {
  write(event: SecurityEvent): void;
  /** Resolves when what has been written so far is stored, or the store has failed. */
  flush(): Promise<void>;
  close(): void;
}

interface EventWriterOptions {
  readonly store: SecurityEventStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings security events to the store in batches, one write at a time, so that a flood is a few writes. */
export function createEventWriter({ store, clock, log }: EventWriterOptions): EventWriter {
  /** By id: of an event whose count has grown only the latest form is written. */
  let waiting = new Map<string, SecurityEvent>();
  let writing: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;
  let failing = false;

  async function drain(): Promise<void> {
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      try {
        await store.put([...batch.values()]);
        failing = false;
      } catch (error) {
        waiting = new Map([...batch, ...waiting]);
        if (!failing) log.error({ err: error }, "Storing security events failed; they are kept and tried again.");
        failing = true;
        cancelRetry?.();
        cancelRetry = clock.after(retryMs, () => void start());
        return;
      }
    }
  }

  function start(): Promise<void> {
    writing ??= drain().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  return {
    write(event) {
      const [oldest] = waiting.keys();
      if (waiting.size >= maxWaiting && oldest !== undefined) waiting.delete(oldest);
      waiting.set(event.id, event);
      if (!failing) void start();
    },
    flush: () => start(),
    close: () => cancelRetry?.(),
  };
}
