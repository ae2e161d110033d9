import { randomBytes } from "node:crypto";
import type { Page, SecurityEvent, SecurityEventType } from "@signalbox/protocol";
import type { Clock, Log, SecurityEventFilter, SecurityEventStore } from "../core/ports.ts";
import { createMemoryStore } from "../store/memory.ts";
import { describeEvent, type EventDescription, type SecurityRecord } from "./describe-event.ts";
import { createEventFolds } from "./event-folds.ts";
import { createEventWriter } from "./event-writer.ts";

export type { SecurityRecord } from "./describe-event.ts";

export interface SecurityLog {
  /** Records an event. Equal events within the folding time become one line with a count. */
  record(entry: SecurityRecord): void;
  /** Records an administrator's action. Never folded; resolves once it is stored, rejects when storing fails. */
  audit(entry: Omit<SecurityRecord, "type">): Promise<void>;
  /** Newest first. While the store fails, returns the latest lines of this process. */
  list(filter: SecurityEventFilter): Promise<Page<SecurityEvent>>;
  /** Exact totals by type since the start, for metrics. */
  counts(): ReadonlyMap<SecurityEventType, number>;
  /** Closes and stores all open lines. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface SecurityLogOptions {
  readonly store: SecurityEventStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly foldMs: number;
  /** Sends an event to administrators when it first occurs, and again when its count is complete. */
  publish(event: SecurityEvent): void;
}

/** Number of lines kept in memory for times when the store fails. */
const maxRecent = 1000;

/**
 * The security log. The first of several equal events is logged, stored and shown at once. The following ones only
 * increase its count, which is stored and shown when the folding time is over. So a flood costs only a number, and
 * counts are exact.
 */
export function createSecurityLog({ store, clock, log, foldMs, publish }: SecurityLogOptions): SecurityLog {
  const { securityEvents: recent } = createMemoryStore({ maxSecurityEvents: maxRecent });
  const totals = new Map<SecurityEventType, number>();
  const writer = createEventWriter({ store, clock, log });
  const folds = createEventFolds({
    clock,
    foldMs,
    begin,
    show(event, requestId) {
      writer.write(event);
      announce(event, requestId);
    },
  });
  const stopClosing = clock.every(Math.min(foldMs, 1000), folds.closeDue);
  let serial = 0;

  /** Ids sort by time, also across several nodes. */
  function begin(description: EventDescription): SecurityEvent {
    serial += 1;
    const now = clock.now();
    const time = now.toString(36).padStart(9, "0");
    const id = `${time}-${serial.toString(36).padStart(6, "0")}-${randomBytes(3).toString("hex")}`;
    return { id, at: new Date(now).toISOString(), ...description, count: 1 };
  }

  function announce(event: SecurityEvent, requestId: string | undefined): void {
    void recent.put([event]);
    const fields = { security: event, ...(requestId !== undefined && { request_id: requestId }) };
    if (event.severity === "info") log.info(fields, "Security event.");
    else log.warn(fields, "Security event.");
    publish(event);
  }

  function countIn(type: SecurityEventType): void {
    totals.set(type, (totals.get(type) ?? 0) + 1);
  }

  async function flush(): Promise<void> {
    folds.closeAll();
    await writer.flush();
  }

  return {
    record(entry) {
      countIn(entry.type);
      folds.add(describeEvent(entry), entry.requestId);
    },
    async audit(entry) {
      const event = begin(describeEvent({ ...entry, type: "admin_action" }));
      await store.put([event]);
      countIn(event.type);
      announce(event, entry.requestId);
    },
    async list(filter) {
      await writer.flush();
      try {
        return await store.list(filter);
      } catch (error) {
        log.error({ err: error }, "The security log cannot be read from the store; its latest lines come from memory.");
        return recent.list(filter);
      }
    },
    counts: () => totals,
    flush,
    async close() {
      stopClosing();
      await flush();
      writer.close();
    },
  };
}
