import {
  type AdminAlert,
  type finalEvents,
  isFinal,
  type JobUpdate,
  namespaces,
  rooms,
  type SecurityEvent,
  type TaskSnapshot,
} from "@signalbox/protocol";
import type { Clock, Publisher } from "../core/ports.ts";
import { createRateLimitedUpdates } from "../tasks/rate-limited-updates.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";
import { createDashboardBatch } from "./dashboard-batch.ts";
import type { History } from "./metrics-history.ts";
import { createSystemMeter, type SystemMeterOptions } from "./system-meter.ts";

interface DashboardFeedOptions extends SystemMeterOptions {
  readonly hub: ProgressHub;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly history: History;
  readonly metricsIntervalMs: number;
  /** Whether administrators on `/` receive the feed too, in Flask-SocketIO's room. */
  readonly legacyEvents: boolean;
}

export interface DashboardFeed {
  alert(alert: AdminAlert["alert"]): void;
  securityEvent(event: SecurityEvent): void;
  close(): void;
}

/** An administrator looks at a list of tasks, not at one: one change a second for each task is enough. */
const jobFlushMs = 1000;

const jobTypes = {
  completed: "job_completed",
  failed: "job_failed",
  cancelled: "job_cancelled",
} as const satisfies Record<keyof typeof finalEvents, JobUpdate["type"]>;

/**
 * Sends administrators metrics, connections, jobs, alerts and security events. A client that accepts `admin_batch`
 * receives one frame a second, other clients one event at a time. Costs next to nothing without subscribers.
 */
export function createDashboardFeed(options: DashboardFeedOptions): DashboardFeed {
  const { hub, publisher, clock, traffic, history } = options;
  const timestamp = (): string => new Date(clock.now()).toISOString();
  const batch = createDashboardBatch(options);

  const legacyRoom = rooms.legacyAdminDashboard;
  const isWatched = (room: string): boolean => publisher.occupied(namespaces.admin, room, rooms.adminBatch);
  const isLegacyWatched = (): boolean => options.legacyEvents && publisher.occupied(namespaces.user, legacyRoom);

  function publish(room: string, event: string, payload: object): void {
    if (isWatched(room)) publisher.publish(namespaces.admin, room, event, payload, rooms.adminBatch);
    if (isLegacyWatched()) publisher.publish(namespaces.user, legacyRoom, event, payload);
  }

  const job = (type: JobUpdate["type"], task: TaskSnapshot): void =>
    publish(rooms.adminGeneral, "job_update", { type, job: task, timestamp: timestamp() } satisfies JobUpdate);

  const updates = createRateLimitedUpdates({ clock, flushMs: jobFlushMs, send: (task) => job("job_progress", task) });
  const unsubscribe = hub.subscribe({
    created(task) {
      batch.task(task);
      job("job_created", task);
    },
    changed(task) {
      batch.task(task);
      if (isWatched(rooms.adminGeneral) || isLegacyWatched()) updates.mark(task);
    },
    removed({ task_id }) {
      batch.removed(task_id);
      updates.drop(task_id);
    },
    ended(task) {
      batch.task(task);
      updates.drop(task.task_id);
      if (isFinal(task.status)) job(jobTypes[task.status], task);
    },
  });

  const meter = createSystemMeter(options);
  const stopMetrics = clock.every(options.metricsIntervalMs, () => {
    const metrics = meter.read();
    history.add(metrics, clock.now());
    batch.metrics(metrics);
    publish(rooms.systemMonitoring, "system_metrics_update", {
      type: "system_metrics",
      metrics,
      timestamp: timestamp(),
    });
  });
  const stopConnections = publishConnections();

  return {
    alert(alert) {
      batch.alert(alert);
      publish(rooms.adminGeneral, "admin_alert", { type: "alert", alert, timestamp: timestamp() });
    },
    securityEvent(event) {
      batch.securityEvent(event);
      publish(rooms.securityAlerts, "security_event", event);
    },
    close() {
      unsubscribe();
      updates.close();
      batch.close();
      stopMetrics();
      stopConnections();
      meter.close();
    },
  };

  /** At most one `connections_update` a second, and none while nothing changes. */
  function publishConnections(): () => void {
    let { connectionsOpened } = traffic;
    let total = options.connections();
    return clock.every(1000, () => {
      const opened = traffic.connectionsOpened - connectionsOpened;
      const closed = opened + total - options.connections();
      if (opened === 0 && closed === 0) return;
      ({ connectionsOpened } = traffic);
      total = options.connections();
      const update = { opened, closed, total };
      batch.connections(update);
      publish(rooms.systemMonitoring, "connections_update", update);
    });
  }
}
