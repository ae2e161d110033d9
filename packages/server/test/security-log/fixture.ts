import type { SecurityEvent } from "@signalbox/protocol";
import type { Log, SecurityEventStore } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

/** A log that records its lines. */
export function createTestLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A real store that can be made to fail or to hang, and that records its calls. */
export interface FaultyStore extends SecurityEventStore {
  readonly puts: (readonly SecurityEvent[])[];
  /** The highest number of calls of `put` that were in flight at a time. */
  mostAtOnce: number;
  failing: boolean;
  /** No `put` is answered until the returned function is called. */
  hang(): () => void;
}

export function createFaultyStore(): FaultyStore {
  const { securityEvents } = createMemoryStore({ maxSecurityEvents: 1_000_000 });
  let inFlight = 0;
  let held = Promise.resolve();
  const store: FaultyStore = {
    puts: [],
    mostAtOnce: 0,
    failing: false,
    hang() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async put(events) {
      inFlight += 1;
      store.mostAtOnce = Math.max(store.mostAtOnce, inFlight);
      store.puts.push(events);
      await held;
      inFlight -= 1;
      if (store.failing) throw new Error("The disk is gone.");
      await securityEvents.put(events);
    },
    async list(filter) {
      if (store.failing) throw new Error("The disk is gone.");
      return securityEvents.list(filter);
    },
  };
  return store;
}
