import type { Priority, RefusalCode, SecurityEventType } from "@signalbox/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DependencyHealth } from "./dependency-health.ts";
import { createTrafficCounters, type TrafficCounters } from "./traffic-counters.ts";

export interface Metrics {
  /** Counts one event of a client. `name` is null for an undeclared event, so that clients cannot create series. */
  event(namespace: string, name: string | null, outcome: "ok" | RefusalCode, seconds: number): void;
  /** Counts one refusal of an HTTP request, handshake, namespace or event. */
  refused(code: RefusalCode): void;
  /** Counts notices that were stored for an audience of this kind. A notice for a room counts once for each member. */
  notices(audience: string, priority: Priority, count: number): void;
  /** Counts the outcome of the escalation of one critical notice. */
  escalation(outcome: string): void;
  /** Counters that are incremented where the traffic occurs. The dashboard reads them as well. */
  readonly traffic: TrafficCounters;
  /** Adds readings, which are taken whenever the metrics are read. */
  observe(readings: Partial<Readings>): void;
  /** The metrics in the Prometheus text format, and its content type. */
  expose(): Promise<{ contentType: string; body: string }>;
}

/** Numbers that modules maintain themselves. */
interface Readings {
  connections(): number;
  slowConnections(): number;
  sockets(): Iterable<{ namespace: string; count: number }>;
  tasks(): { queued: number; running: number };
  /** Totals by type. The number of series is the number of types in the wire contract. */
  securityEvents(): ReadonlyMap<SecurityEventType, number>;
}

interface MetricsOptions {
  readonly version: string;
  dependencies(): Iterable<Pick<DependencyHealth, "name" | "status">>;
}

/** Prometheus metrics of one server, in a registry of its own, so that two servers in one process do not collide. */
export function createMetrics(options: MetricsOptions): Metrics {
  const traffic = createTrafficCounters();
  const read: Readings = {
    connections: () => 0,
    slowConnections: () => 0,
    sockets: () => [],
    tasks: () => ({ queued: 0, running: 0 }),
    securityEvents: () => new Map(),
  };
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const events = new Counter({
    name: "signalbox_events_total",
    help: "Events received from clients, by outcome.",
    labelNames: ["namespace", "event", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "signalbox_event_duration_seconds",
    help: "Time from an event's arrival to its answer.",
    labelNames: ["namespace", "event"],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });
  const refusals = new Counter({
    name: "signalbox_refusals_total",
    help: "Refusals, by code.",
    labelNames: ["code"],
    registers,
  });
  const notices = new Counter({
    name: "signalbox_notices_total",
    help: "Notices stored, by the kind of their audience and priority; one for a room counts for each member.",
    labelNames: ["audience", "priority"],
    registers,
  });
  const escalations = new Counter({
    name: "signalbox_escalations_total",
    help: "Escalations of critical notices: told to the application, acknowledged in time, or failed and tried again.",
    labelNames: ["outcome"],
    registers,
  });
  // Initialised to zero: an alert on a rate needs the zero before the first increment.
  for (const outcome of ["told", "acknowledged", "failed"] as const) escalations.inc({ outcome }, 0);
  new Gauge({
    name: "signalbox_build_info",
    help: "Always 1; the version is the label.",
    labelNames: ["version"],
    registers,
  }).set({ version: options.version }, 1);
  new Gauge({
    name: "signalbox_dependency_up",
    help: "Whether the store, the sessions and Redis answered when they were last needed: 1 or 0.",
    labelNames: ["dependency"],
    registers,
    collect() {
      for (const { name, status } of options.dependencies()) {
        this.set({ dependency: name }, status() === "ok" ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: "signalbox_connections",
    help: "Open Engine.IO connections.",
    registers,
    collect() {
      this.set(read.connections());
    },
  });
  new Gauge({
    name: "signalbox_slow_connections",
    help: "Connections whose clients read too slowly: their progress is held back.",
    registers,
    collect() {
      this.set(read.slowConnections());
    },
  });
  new Gauge({
    name: "signalbox_sockets",
    help: "Sockets, by namespace.",
    labelNames: ["namespace"],
    registers,
    collect() {
      for (const { namespace, count } of read.sockets()) this.set({ namespace }, count);
    },
  });
  new Gauge({
    name: "signalbox_tasks",
    help: "Tasks that have not ended, by status.",
    labelNames: ["status"],
    registers,
    collect() {
      for (const [status, count] of Object.entries(read.tasks())) this.set({ status }, count);
    },
  });
  new Counter({
    name: "signalbox_security_events_total",
    help: "Security events, by type; folded ones are counted one by one.",
    labelNames: ["type"],
    registers,
    collect() {
      this.reset();
      for (const [type, count] of read.securityEvents()) this.inc({ type }, count);
    },
  });
  const total = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  total("signalbox_deliveries_total", "Packets written to clients.", () => traffic.deliveries);
  total("signalbox_overflows_total", "Connections closed because their clients did not read.", () => traffic.overflows);
  total("signalbox_connections_opened_total", "Connections opened.", () => traffic.connectionsOpened);
  total(
    "signalbox_connections_closed_total",
    "Connections closed.",
    () => traffic.connectionsOpened - read.connections(),
  );

  return {
    traffic,
    observe: (readings) => void Object.assign(read, readings),
    event(namespace, name, outcome, seconds) {
      const event = name ?? "undeclared";
      traffic.events += 1;
      events.inc({ namespace, event, outcome });
      durations.observe({ namespace, event }, seconds);
    },
    refused(code) {
      traffic.refusals.set(code, (traffic.refusals.get(code) ?? 0) + 1);
      refusals.inc({ code });
    },
    notices: (audience, priority, count) => notices.inc({ audience, priority }, count),
    escalation: (outcome) => escalations.inc({ outcome }),
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
