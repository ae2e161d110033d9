import type { SecurityEvent } from "@signalbox/protocol";
import type { Clock, Log, SecurityEventStore } from "../core/ports.ts";

/** Maximum number of lines that wait while the store fails. Beyond it the oldest are dropped. */
const maxWaiting = 5000;

/** Delay before a failing store is tried again. */
const retryMs = 1000;

export interface EventWriter {
  write(event: SecurityEvent): void;
  /** Resolves when all events written so far are stored, or the store has failed. */
  flush(): Promise<void>;
  close(): void;
}

interface EventWriterOptions {
  readonly store: SecurityEventStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes security events to the store in batches, one write at a time, so that a flood causes few writes. */
export function createEventWriter({ store, clock, log }: EventWriterOptions): EventWriter {
  /** Events by id: of a line whose count has grown, only the latest version is written. */
  const waiting = new Map<string, SecurityEvent>();
  let writing: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;
  let failing = false;
  let givenUp = 0;

  function keep(event: SecurityEvent): void {
    waiting.set(event.id, event);
    if (waiting.size <= maxWaiting) return;
    const [oldest] = waiting.keys();
    if (oldest !== undefined) waiting.delete(oldest);
    givenUp += 1;
  }

  async function drain(): Promise<void> {
    // Events that are written in the same turn form one batch.
    await undefined;
    while (waiting.size > 0) {
      const batch = [...waiting.values()];
      waiting.clear();
      try {
        await store.put(batch);
      } catch (error) {
        postpone(batch, error);
        break;
      }
      if (failing || givenUp > 0) log.info({ given_up: givenUp }, "The store takes security events again.");
      failing = false;
      givenUp = 0;
    }
    writing = undefined;
  }

  function postpone(batch: readonly SecurityEvent[], error: unknown): void {
    const newer = [...waiting.values()];
    waiting.clear();
    for (const event of [...batch, ...newer]) keep(event);
    if (!failing) log.error({ err: error }, "Storing security events failed; they are kept and tried again.");
    failing = true;
    cancelRetry?.();
    cancelRetry = clock.after(retryMs, () => void start());
  }

  function start(): Promise<void> {
    writing ??= drain();
    return writing;
  }

  return {
    write(event) {
      keep(event);
      if (!failing) void start();
    },
    flush: start,
    close: () => cancelRetry?.(),
  };
}
