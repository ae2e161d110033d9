import type { SystemMetrics } from "@signalbox/protocol";
import { durationWords, sizeWords } from "../../words.ts";

export function Metrics({ metrics }: { metrics: SystemMetrics | null }) {
  return (
    <section aria-labelledby="metrics-heading">
      <h2 id="metrics-heading">Server</h2>
      {metrics ? (
        <dl class="metrics" data-testid="admin-metrics">
          {readings(metrics).map(([label, value]) => (
            <div key={label} class="panel">
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p class="empty">Waiting for the first reading…</p>
      )}
    </section>
  );
}

function readings(metrics: SystemMetrics): [label: string, value: string][] {
  return [
    ["Connections", String(metrics.connections)],
    ["Slow clients", String(metrics.slow_connections)],
    ["Tasks running", String(metrics.tasks.running)],
    ["Tasks waiting", String(metrics.tasks.queued)],
    ["Events received", `${rate(metrics.events_per_second)}/s`],
    ["Events delivered", `${rate(metrics.deliveries_per_second)}/s`],
    ["Refusals", `${rate(metrics.refusals_per_second)}/s`],
    ["Event-loop lag, p99", `${rate(metrics.event_loop_lag_p99_ms)} ms`],
    ["Processor", `${Math.round(metrics.cpu_percent)} %`],
    ["Memory", sizeWords(metrics.memory_rss_bytes)],
    ["Up for", durationWords(metrics.uptime_seconds)],
  ];
}

/** One decimal is enough to see whether something moves. */
const rate = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
