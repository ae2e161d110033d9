import type { SystemMetrics } from "@signalbox/protocol";
import { useMemo } from "preact/hooks";
import { type Curves, curvesOf, refusalSources, type Source } from "../../admin/curves.ts";
import { useDashboard } from "../../admin/dashboard.ts";
import type { Readings } from "../../admin/history.ts";
import { useStore } from "../../store.ts";
import { durationWords, sizeWords } from "../../words.ts";
import { AlertList } from "./alert-list.tsx";
import { Chart } from "./chart.tsx";
import { Panel } from "./panel.tsx";

export function OverviewPanel() {
  const { state, read } = useDashboard().overview;
  const { metrics, readings, interval, problem } = useStore(state);
  return (
    <Panel
      title="Overview"
      note={metrics ? `Up for ${durationWords(metrics.uptime_seconds)}` : undefined}
      problem={problem}
      retry={read}
      waitsFor={metrics === null && readings.length === 0 && "the server’s readings"}
    >
      {(metrics || readings.length > 0) && (
        <>
          <Metrics metrics={metrics} />
          <Charts readings={readings} interval={interval} />
        </>
      )}
      <AlertList />
    </Panel>
  );
}

/**
 * The history arrives at once, and the first reading up to two seconds later: the layout reserves room for its figures.
 */
function Metrics({ metrics }: { metrics: SystemMetrics | null }) {
  return (
    <dl class="metrics" data-testid="admin-metrics">
      {figures.map(([label, wordsOf]) => (
        <div key={label} class="panel">
          <dt>{label}</dt>
          <dd>{metrics ? wordsOf(metrics) : "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One decimal is enough to see whether something moves. */
const short = (value: number): string => (value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value)));
const rate = (value: number): string => `${short(value)}/s`;
const milliseconds = (value: number): string => `${short(value)}\u00a0ms`;
const percent = (value: number): string => `${short(value)}\u00a0%`;

const figures: readonly (readonly [label: string, wordsOf: (metrics: SystemMetrics) => string])[] = [
  ["Connections", ({ connections }) => String(connections)],
  ["Slow clients", ({ slow_connections }) => String(slow_connections)],
  ["Tasks running", ({ tasks }) => String(tasks.running)],
  ["Tasks waiting", ({ tasks }) => String(tasks.queued)],
  ["Events received", ({ events_per_second }) => rate(events_per_second)],
  ["Events delivered", ({ deliveries_per_second }) => rate(deliveries_per_second)],
  ["Refusals", ({ refusals_per_second }) => rate(refusals_per_second)],
  ["Event-loop lag, p99", ({ event_loop_lag_p99_ms }) => milliseconds(event_loop_lag_p99_ms)],
  ["CPU", ({ cpu_percent }) => percent(cpu_percent)],
  ["Memory", ({ memory_rss_bytes }) => sizeWords(memory_rss_bytes)],
];

/** From one kilobyte to a terabyte. */
const powersOfTwo = Array.from({ length: 31 }, (_, power) => 2 ** (power + 10));

interface ChartKind {
  readonly name: string;
  readonly title: string;
  readonly words: (value: number) => string;
  readonly steps?: number[];
  readonly sources: (readings: Readings) => readonly Source[];
}

const charts: readonly ChartKind[] = [
  {
    ...{ name: "connections", title: "Connections", words: short },
    sources: () => [["connections", ({ series }) => series.connections]],
  },
  {
    ...{ name: "traffic", title: "Events per second", words: rate },
    sources: () => [
      ["received", ({ series }) => series.events_per_second],
      ["delivered", ({ series }) => series.deliveries_per_second],
    ],
  },
  { ...{ name: "refusals", title: "Refusals by code", words: rate }, sources: refusalSources },
  {
    ...{ name: "lag", title: "Event-loop lag", words: milliseconds },
    sources: () => [["p99", ({ series }) => series.event_loop_lag_p99_ms]],
  },
  {
    ...{ name: "cpu", title: "CPU", words: percent },
    sources: () => [["of one core", ({ series }) => series.cpu_percent]],
  },
  {
    ...{ name: "memory", title: "Memory", words: sizeWords, steps: powersOfTwo },
    sources: () => [["resident", ({ series }) => series.memory_rss_bytes]],
  },
];

function Charts({ readings, interval }: { readings: Readings; interval: number }) {
  const drawn = useMemo(
    () => charts.map((chart): [ChartKind, Curves] => [chart, curvesOf(readings, interval, chart.sources(readings))]),
    [readings, interval],
  );
  return (
    <div class="charts">
      {drawn.map(([{ name, title, words, steps }, data]) => (
        <Chart key={name} title={title} data={data} words={words} steps={steps} testId={`chart-${name}`} />
      ))}
    </div>
  );
}
