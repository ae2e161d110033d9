import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  type AdminAlert,
  type finalEvents,
  isFinal,
  type JobUpdate,
  namespaces,
  rooms,
  type SecurityEvent,
  type SystemMetrics,
  type TaskSnapshot,
} from "@signalbox/protocol";
import type { Traffic } from "../metrics/traffic.ts";
import type { Clock, Publisher } from "../ports.ts";
import { createConflator } from "../progress/conflator.ts";
import type { ProgressHub } from "../progress/progress-hub.ts";

interface DashboardFeedOptions {
  readonly hub: ProgressHub;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly metricsIntervalMs: number;
  /** Whether administrators on `/` get the feed too, in the ancestor's room. */
  readonly legacyEvents: boolean;
  connections(): number;
  slowConnections(): number;
  socketCounts(): SystemMetrics["sockets"];
}

export interface DashboardFeed {
  alert(alert: AdminAlert["alert"]): void;
  securityEvent(event: SecurityEvent): void;
  close(): void;
}

/** An administrator looks at a list of tasks, not at one: a change a second each is plenty. */
const jobFlushMs = 1000;

const jobTypes = {
  completed: "job_completed",
  failed: "job_failed",
  cancelled: "job_cancelled",
} as const satisfies Record<keyof typeof finalEvents, JobUpdate["type"]>;

/** Tells administrators what goes on: metrics, connections, jobs, alerts, security events. Costs nothing while none looks. */
export function createDashboardFeed(options: DashboardFeedOptions): DashboardFeed {
  const { hub, publisher, clock, traffic } = options;
  const timestamp = (): string => new Date(clock.now()).toISOString();

  const legacyRoom = rooms.legacyAdminDashboard;
  const isLegacyWatched = (): boolean => options.legacyEvents && publisher.occupied(namespaces.user, legacyRoom);
  const isWatched = (room: string): boolean => publisher.occupied(namespaces.admin, room) || isLegacyWatched();

  function publish(room: string, event: string, payload: object): void {
    if (publisher.occupied(namespaces.admin, room)) publisher.publish(namespaces.admin, room, event, payload);
    if (isLegacyWatched()) publisher.publish(namespaces.user, legacyRoom, event, payload);
  }

  const job = (type: JobUpdate["type"], task: TaskSnapshot): void =>
    publish(rooms.adminGeneral, "job_update", { type, job: task, timestamp: timestamp() } satisfies JobUpdate);

  const conflator = createConflator({ clock, flushMs: jobFlushMs, send: (task) => job("job_progress", task) });
  const unsubscribe = hub.subscribe({
    created: (task) => job("job_created", task),
    changed: (task) => conflator.mark(task),
    removed: ({ task_id }) => conflator.drop(task_id),
    ended(task) {
      conflator.drop(task.task_id);
      if (isFinal(task.status)) job(jobTypes[task.status], task);
    },
  });

  const meter = createMeter(options);
  const stopMetrics = clock.every(options.metricsIntervalMs, () => {
    if (!isWatched(rooms.systemMonitoring)) return;
    const metrics = meter.read();
    publish(rooms.systemMonitoring, "system_metrics_update", {
      type: "system_metrics",
      metrics,
      timestamp: timestamp(),
    });
  });
  const stopConnections = publishConnections();

  return {
    alert: (alert) => publish(rooms.adminGeneral, "admin_alert", { type: "alert", alert, timestamp: timestamp() }),
    securityEvent: (event) => publish(rooms.securityAlerts, "security_event", event),
    close() {
      unsubscribe();
      conflator.close();
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
      publish(rooms.systemMonitoring, "connections_update", { opened, closed, total });
    });
  }
}

/** Reads the process and the traffic; rates are over the time since the last reading. */
function createMeter({ hub, clock, traffic, connections, slowConnections, socketCounts }: DashboardFeedOptions) {
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  let last = { at: clock.now(), traffic: { ...traffic }, cpu: process.cpuUsage() };

  return {
    read(): SystemMetrics {
      const now = { at: clock.now(), traffic: { ...traffic }, cpu: process.cpuUsage() };
      const seconds = Math.max((now.at - last.at) / 1000, 0.001);
      const rate = (name: "events" | "deliveries" | "refusals"): number =>
        (now.traffic[name] - last.traffic[name]) / seconds;
      const cpuSeconds = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1e6;
      const memory = process.memoryUsage();
      const metrics: SystemMetrics = {
        uptime_seconds: Math.round(process.uptime()),
        connections: connections(),
        slow_connections: slowConnections(),
        sockets: socketCounts(),
        tasks: hub.counts(),
        events_per_second: rate("events"),
        deliveries_per_second: rate("deliveries"),
        refusals_per_second: rate("refusals"),
        memory_rss_bytes: memory.rss,
        memory_heap_bytes: memory.heapUsed,
        event_loop_lag_p99_ms: Number.isFinite(lag.percentile(99)) ? lag.percentile(99) / 1e6 : 0,
        cpu_percent: (cpuSeconds / seconds) * 100,
      };
      lag.reset();
      last = now;
      return metrics;
    },
    close: () => void lag.disable(),
  };
}
