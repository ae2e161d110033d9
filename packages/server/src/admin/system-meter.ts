import { monitorEventLoopDelay } from "node:perf_hooks";
import type { RefusalCode, SystemMetrics } from "@signalbox/protocol";
import type { Clock } from "../core/ports.ts";
import type { TrafficCounters } from "../observability/traffic-counters.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";

export interface SystemMeterOptions {
  readonly hub: Pick<ProgressHub, "counts">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly traffic: TrafficCounters;
  connections(): number;
  slowConnections(): number;
  socketCounts(): SystemMetrics["sockets"];
}

/** Measures the process and the traffic. */
export interface SystemMeter {
  /** Rates and the lag of the event loop cover the time since the last reading. */
  read(): SystemMetrics;
  close(): void;
}

export function createSystemMeter(options: SystemMeterOptions): SystemMeter {
  const { hub, clock, traffic, connections, slowConnections, socketCounts } = options;
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  const look = () => ({
    at: clock.monotonic(),
    traffic: { ...traffic, refusals: new Map(traffic.refusals) },
    cpu: process.cpuUsage(),
  });
  let last = look();

  return {
    read() {
      const now = look();
      const seconds = Math.max((now.at - last.at) / 1000, 0.001);
      const perSecond = (count: number): number => rounded(count / seconds);
      const refusals = [...now.traffic.refusals].flatMap(([code, total]): [RefusalCode, number][] => {
        const count = total - (last.traffic.refusals.get(code) ?? 0);
        return count > 0 ? [[code, count]] : [];
      });
      const cpuSeconds = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1e6;
      const memory = process.memoryUsage();
      const p99 = lag.percentile(99);
      const metrics: SystemMetrics = {
        uptime_seconds: Math.round(process.uptime()),
        connections: connections(),
        slow_connections: slowConnections(),
        sockets: socketCounts(),
        tasks: hub.counts(),
        events_per_second: perSecond(now.traffic.events - last.traffic.events),
        deliveries_per_second: perSecond(now.traffic.deliveries - last.traffic.deliveries),
        refusals_per_second: perSecond(refusals.reduce((sum, [, count]) => sum + count, 0)),
        refusals_by_code: Object.fromEntries(refusals.map(([code, count]) => [code, perSecond(count)])),
        memory_rss_bytes: memory.rss,
        memory_heap_bytes: memory.heapUsed,
        event_loop_lag_p99_ms: Number.isFinite(p99) ? rounded(p99 / 1e6) : 0,
        cpu_percent: rounded((cpuSeconds / seconds) * 100),
      };
      lag.reset();
      last = now;
      return metrics;
    },
    close: () => void lag.disable(),
  };
}

/** More digits have no use, and each administrator who opens the page receives an hour of readings. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
