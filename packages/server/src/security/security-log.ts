import { randomBytes } from "node:crypto";
import type { Page, SecurityEvent, SecurityEventType, Severity } from "@signalbox/protocol";
import type { Clock, Log, SecurityEventFilter, SecurityEventStore } from "../ports.ts";
import { createEventWriter } from "./event-writer.ts";
import { escapeControl } from "./redact.ts";

/** One thing that happened. Texts may come from clients: they are escaped and cut here. */
export interface SecurityRecord {
  type: SecurityEventType;
  ip: string;
  origin?: string | undefined;
  userId?: string | undefined;
  namespace?: string | undefined;
  event?: string | undefined;
  code?: string | undefined;
  detail: string;
}

export interface SecurityLog {
  /** Writes an event down; equal ones within the folding time become one line with a count. */
  record(entry: SecurityRecord): void;
  /** Writes what an administrator did: never folded, and resolves once it is stored. */
  audit(entry: Omit<SecurityRecord, "type">): Promise<void>;
  list(filter: SecurityEventFilter): Promise<Page<SecurityEvent>>;
  /** Stores what is still being folded. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface SecurityLogOptions {
  readonly store: SecurityEventStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly foldMs: number;
  /** Shows an event to administrators: when it first happens, and again when its count is complete. */
  publish(event: SecurityEvent): void;
}

const severities: Record<SecurityEventType, Severity> = {
  origin_refused: "medium",
  auth_failed: "medium",
  session_revoked: "info",
  csrf_failed: "high",
  admin_denied: "high",
  rate_limited: "low",
  connection_cap: "low",
  payload_invalid: "low",
  payload_too_large: "low",
  event_unknown: "low",
  room_denied: "medium",
  task_denied: "medium",
  banned: "info",
  admin_action: "info",
};

/** Lines being folded at a time. In a flood from many addresses the rest is counted per type. */
const maxOpenFolds = 200;

interface Fold {
  event: SecurityEvent;
  readonly since: number;
}

/**
 * The security log. A flood costs a number: the first event is logged, stored and shown at once, the following ones
 * raise its count, which is stored and shown when the folding time is over. Counts are exact.
 */
export function createSecurityLog({ store, clock, log, foldMs, publish }: SecurityLogOptions): SecurityLog {
  const folds = new Map<string, Fold>();
  const writer = createEventWriter({ store, log, clock });
  let serial = 0;

  const stop = clock.every(Math.min(foldMs, 1000), () => {
    const now = clock.now();
    for (const [key, fold] of folds) if (now - fold.since >= foldMs) closeFold(key, fold);
  });

  function closeFold(key: string, { event }: Fold): void {
    folds.delete(key);
    if (event.count > 1) show(event);
  }

  function show(event: SecurityEvent): void {
    log.warn({ security: event }, "Security event.");
    writer.write(event);
    publish(event);
  }

  function toEvent({ type, ip, origin, userId, namespace, event, code, detail }: SecurityRecord): SecurityEvent {
    serial += 1;
    const now = clock.now();
    const id = [
      now.toString(36).padStart(9, "0"),
      serial.toString(36).padStart(6, "0"),
      randomBytes(3).toString("hex"),
    ];
    return {
      id: id.join("-"),
      at: new Date(now).toISOString(),
      type,
      severity: severities[type],
      ip,
      ...(origin !== undefined && { origin: escapeControl(origin, 200) }),
      ...(userId !== undefined && { user_id: escapeControl(userId, 128) }),
      ...(namespace !== undefined && { namespace: escapeControl(namespace, 64) }),
      ...(event !== undefined && { event: escapeControl(event, 64) }),
      ...(code !== undefined && { code }),
      detail: escapeControl(detail, 1000),
      count: 1,
    };
  }

  return {
    record(entry) {
      const crowded = folds.size >= maxOpenFolds;
      const key = keyOf(entry);
      const known = folds.get(key) ?? (crowded ? folds.get(entry.type) : undefined);
      if (known !== undefined) {
        known.event = { ...known.event, count: known.event.count + 1 };
        return;
      }
      const event = toEvent(
        crowded ? { type: entry.type, ip: "*", detail: "Many different ones at a time, counted together." } : entry,
      );
      folds.set(crowded ? entry.type : key, { event, since: clock.now() });
      show(event);
    },
    async audit(entry) {
      const event = toEvent({ ...entry, type: "admin_action" });
      await store.put([event]);
      log.info({ security: event }, "Administrator's action.");
      publish(event);
    },
    async list(filter) {
      await writer.flush();
      return store.list(filter);
    },
    async flush() {
      for (const [key, fold] of folds) closeFold(key, fold);
      await writer.flush();
    },
    async close() {
      stop();
      await this.flush();
      writer.close();
    },
  };
}

/** What makes two events equal. Origins and texts do not count: they are the sender's to vary. */
const keyOf = ({ type, ip, userId, namespace, event, code }: SecurityRecord): string =>
  JSON.stringify([type, ip, userId, namespace, event, code]);
