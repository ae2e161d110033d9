import {
  isFinal,
  isNewer,
  type Page,
  type PageRequest,
  type SecurityEvent,
  type TaskSnapshot,
} from "@signalbox/protocol";
import type { Store, StoredBlock } from "../core/ports.ts";
import { type Cursor, decodeCursor, encodeCursor, pageSize } from "./cursor.ts";
import { createMemoryNotifications } from "./memory-notifications.ts";
import { searchable, securityEventText, taskText } from "./search-text.ts";

interface MemoryStoreOptions {
  /** Beyond it tasks are deleted: those that ended longest ago, then those that changed longest ago. Default 10,000. */
  readonly maxTasks?: number;
  /** Beyond it the oldest lines are deleted. Default 10,000. */
  readonly maxSecurityEvents?: number;
}

/**
 * Stores everything in memory: for trials, tests, and applications that need no data after a restart.
 * The store copies all arguments and results, so a caller that changes an object does not change the stored data.
 */
export function createMemoryStore({ maxTasks = 10_000, maxSecurityEvents = 10_000 }: MemoryStoreOptions = {}): Store {
  /** In the order of their last change. */
  const tasks = new Map<string, TaskSnapshot>();
  const events = new Map<string, SecurityEvent>();
  const blocks = new Map<string, StoredBlock>();

  return {
    tasks: {
      get: async (taskId) => structuredClone(tasks.get(taskId)),
      async put(task) {
        const known = tasks.get(task.task_id);
        if (known !== undefined && (isFinal(known.status) || !isNewer(task, known))) return structuredClone(known);
        const copy = structuredClone(task);
        tasks.delete(task.task_id);
        tasks.set(task.task_id, copy);
        if (tasks.size > maxTasks) forgetOne(tasks);
        return undefined;
      },
      async remove(taskId) {
        tasks.delete(taskId);
      },
      async list({ ownerId, active, ...page }) {
        const rows = [...tasks.values()].filter(
          (task) => (ownerId === undefined || task.owner_id === ownerId) && (!active || !isFinal(task.status)),
        );
        return pageOf(rows, page, taskText, ({ created_at, task_id }) => ({ at: created_at, id: task_id }));
      },
    },

    securityEvents: {
      async put(batch) {
        for (const event of batch) {
          if (event.count > (events.get(event.id)?.count ?? 0)) events.set(event.id, { ...event });
        }
        for (const id of events.keys()) {
          if (events.size <= maxSecurityEvents) break;
          events.delete(id);
        }
      },
      async list({ type, severity, user_id, ip, ...page }) {
        const wanted = Object.entries({ type, severity, user_id, ip }).filter(([, value]) => value !== undefined);
        const rows = [...events.values()].filter((event) =>
          wanted.every(([field, value]) => event[field as keyof SecurityEvent] === value),
        );
        return pageOf(rows, page, securityEventText, ({ at, id }) => ({ at, id }));
      },
    },

    notifications: createMemoryNotifications(),

    blocks: {
      async list(now) {
        for (const { place, until } of blocks.values()) if (until <= now) blocks.delete(place);
        return structuredClone([...blocks.values()]);
      },
      async put(block) {
        blocks.set(block.place, { ...block });
      },
      async remove(place) {
        blocks.delete(place);
      },
    },

    ping: async () => {},
    close: async () => {},
  };
}

function forgetOne(tasks: Map<string, TaskSnapshot>): void {
  let victim = tasks.keys().next().value;
  for (const [taskId, { status }] of tasks) {
    if (!isFinal(status)) continue;
    victim = taskId;
    break;
  }
  if (victim !== undefined) tasks.delete(victim);
}

/** A page after the cursor, newest first, sorted by time and then id. */
function pageOf<Row>(
  rows: readonly Row[],
  { after, limit, filter = "" }: PageRequest,
  textOf: (row: Row) => string,
  positionOf: (row: Row) => Cursor,
): Page<Row> {
  const needle = searchable(filter);
  const matching = rows
    .filter((row) => needle === "" || textOf(row).includes(needle))
    .map((row) => ({ row, position: positionOf(row) }))
    .sort((a, b) => compare(b.position, a.position));
  const cursor = decodeCursor(after);
  const following = cursor ? matching.filter(({ position }) => compare(position, cursor) < 0) : matching;
  const page = following.slice(0, pageSize(limit));
  const last = page.at(-1);
  return {
    rows: structuredClone(page.map(({ row }) => row)),
    next: last !== undefined && following.length > page.length ? encodeCursor(last.position) : null,
    total: matching.length,
  };
}

function compare(a: Cursor, b: Cursor): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return 0;
}
