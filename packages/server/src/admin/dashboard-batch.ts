import {
  type AdminAlert,
  type AdminBatch,
  type ConnectionsUpdate,
  namespaces,
  rooms,
  type SecurityEvent,
  type SystemMetrics,
  type TaskSnapshot,
} from "@signalbox/protocol";
import type { Clock, Publisher } from "../core/ports.ts";

/** Each administrator receives at most one frame in this time. */
const frameMs = 1000;

/** Maximum number of tasks, and of lines of the security log, in one frame. The rest follows in the next frame. */
const perFrame = 500;

/** Gathers what happens within a second into one `admin_batch`. Keeps nothing without a subscriber. */
export interface DashboardBatch {
  task(snapshot: TaskSnapshot): void;
  removed(taskId: string): void;
  securityEvent(event: SecurityEvent): void;
  alert(alert: AdminAlert["alert"]): void;
  metrics(metrics: SystemMetrics): void;
  connections(update: ConnectionsUpdate): void;
  close(): void;
}

export function createDashboardBatch({ clock, publisher }: { clock: Clock; publisher: Publisher }): DashboardBatch {
  const tasks = new Map<string, TaskSnapshot>();
  const removed = new Set<string>();
  const events = new Map<string, SecurityEvent>();
  let alerts: AdminAlert["alert"][] = [];
  let latest: Pick<AdminBatch, "metrics" | "connections"> = {};

  const isWatched = (): boolean => publisher.occupied(namespaces.admin, rooms.adminBatch);

  const stop = clock.every(frameMs, () => {
    const batch = take();
    if (Object.keys(batch).length === 0 || !isWatched()) return;
    const frame: AdminBatch = { at: new Date(clock.now()).toISOString(), ...batch };
    publisher.publish(namespaces.admin, rooms.adminBatch, "admin_batch", frame);
  });

  /** Takes what has been gathered, oldest first. Without a subscriber, all of it is dropped. */
  function take(): Omit<AdminBatch, "at"> {
    const [changed, gone, happened, said] = [firstOf(tasks), firstOf(removed), firstOf(events), alerts];
    const { metrics, connections } = latest;
    alerts = [];
    latest = {};
    if (!isWatched()) for (const kept of [tasks, removed, events]) kept.clear();
    return {
      ...(metrics !== undefined && { metrics }),
      ...(connections !== undefined && { connections }),
      ...(changed.length > 0 && { tasks: changed.map(([, task]) => task) }),
      ...(gone.length > 0 && { removed_tasks: gone.map(([id]) => id) }),
      ...(happened.length > 0 && { security_events: happened.map(([, event]) => event) }),
      ...(said.length > 0 && { alerts: said }),
    };
  }

  return {
    task(snapshot) {
      if (isWatched()) tasks.set(snapshot.task_id, snapshot);
    },
    removed(taskId) {
      tasks.delete(taskId);
      if (isWatched()) removed.add(taskId);
    },
    securityEvent(event) {
      if (isWatched()) events.set(event.id, event);
    },
    alert(alert) {
      if (isWatched()) alerts.push(alert);
    },
    metrics(metrics) {
      latest.metrics = metrics;
    },
    /** Counts of several updates within one frame add up. */
    connections({ opened, closed, total }) {
      const before = latest.connections;
      latest.connections = { opened: opened + (before?.opened ?? 0), closed: closed + (before?.closed ?? 0), total };
    },
    close: stop,
  };
}

/**
 * Takes the oldest entries out. An entry that changes meanwhile keeps its position, so none waits for ever behind the
 * others.
 */
function firstOf<Value>(kept: Map<string, Value> | Set<Value & string>): [string, Value][] {
  const taken: [string, Value][] = [];
  for (const [key, value] of kept.entries() as IterableIterator<[string, Value]>) {
    if (taken.length === perFrame) break;
    taken.push([key, value]);
    kept.delete(key as Value & string);
  }
  return taken;
}
