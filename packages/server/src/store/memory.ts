import { isFinal, type Page, type PageRequest, type SecurityEvent, type TaskSnapshot } from "@signalbox/protocol";
import type { Store } from "../ports.ts";
import { decodeCursor, defaultLimit, encodeCursor } from "./cursor.ts";

interface MemoryStoreOptions {
  /** Beyond it ended tasks are forgotten, oldest first. Default 10,000. */
  readonly maxTasks?: number;
  readonly maxSecurityEvents?: number;
}

/** Keeps everything in memory: for trying out, tests, and applications that need nothing after a restart. */
export function createMemoryStore({ maxTasks = 10_000, maxSecurityEvents = 10_000 }: MemoryStoreOptions = {}): Store {
  const tasks = new Map<string, TaskSnapshot>();
  const events = new Map<string, SecurityEvent>();

  return {
    tasks: {
      get: async (taskId) => structuredClone(tasks.get(taskId)),
      async put(snapshot) {
        const known = tasks.get(snapshot.task_id);
        if (known !== undefined && known.version >= snapshot.version) return;
        tasks.set(snapshot.task_id, structuredClone(snapshot));
        if (tasks.size > maxTasks) forgetEnded(tasks);
      },
      async list({ ownerId, active, ...page }) {
        const rows = [...tasks.values()].filter(
          (task) => (ownerId === undefined || task.owner_id === ownerId) && (!active || !isFinal(task.status)),
        );
        const text = ({ task_id, title, kind, owner_id, status }: TaskSnapshot) => [
          task_id,
          title,
          kind,
          owner_id,
          status,
        ];
        return pageOf(rows, page, ({ created_at, task_id }) => ({ at: created_at, id: task_id }), text);
      },
    },
    securityEvents: {
      async put(batch) {
        for (const event of batch) events.set(event.id, { ...event });
        for (const id of events.keys()) {
          if (events.size <= maxSecurityEvents) break;
          events.delete(id);
        }
      },
      async list({ type, ...page }) {
        const rows = [...events.values()].filter((event) => type === undefined || event.type === type);
        const text = ({ detail, ip, user_id, type, code, event }: SecurityEvent) => [
          detail,
          ip,
          user_id,
          type,
          code,
          event,
        ];
        return pageOf(rows, page, ({ at, id }) => ({ at, id }), text);
      },
    },
    ping: async () => {},
    close: async () => {},
  };
}

function forgetEnded(tasks: Map<string, TaskSnapshot>): void {
  for (const [taskId, { status }] of tasks) {
    if (!isFinal(status)) continue;
    tasks.delete(taskId);
    return;
  }
}

/** Newest first. */
function pageOf<Row>(
  rows: readonly Row[],
  { after, limit = defaultLimit, filter }: PageRequest,
  cursorOf: (row: Row) => { at: string; id: string },
  textOf: (row: Row) => readonly (string | undefined)[],
): Page<Row> {
  const needle = filter?.toLowerCase();
  const matching = rows
    .filter((row) => needle === undefined || textOf(row).join("\n").toLowerCase().includes(needle))
    .map((row) => ({ row, key: keyOf(cursorOf(row)) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1));
  const cursor = decodeCursor(after);
  const following = cursor === undefined ? matching : matching.filter(({ key }) => key < keyOf(cursor));
  const page = following.slice(0, limit).map(({ row }) => row);
  const last = page.at(-1);
  return {
    rows: structuredClone(page),
    next: last !== undefined && following.length > page.length ? encodeCursor(cursorOf(last)) : null,
    total: matching.length,
  };
}

const keyOf = ({ at, id }: { at: string; id: string }): string => `${at} ${id}`;
