import { summarise } from "../../statistics.ts";
import { labelOf } from "../labels.ts";
import { formatNumber } from "../numbers.ts";
import { type Metric, type Results, reference, type WorkloadInfo, type WorkloadName } from "../results.ts";
import { type Bar, barPanel } from "./bars.ts";
import { figure } from "./figure.ts";
import { growthPanels } from "./growth.ts";
import { type DescribedPanel, toneOf } from "./panel.ts";
import { returnPanels } from "./returns.ts";

/** Metrics that are told better by a picture, a panel each. W5 and W7 have pictures of their own. */
const pictured: Readonly<Partial<Record<WorkloadName, readonly string[]>>> = {
  W1: ["cpu_us", "resident_kb"],
  W2: ["burst_cpu_us", "single_cpu_us", "rate_p99_ms"],
  W3: ["random_cpu_us", "random_p99_ms", "random_lag_ms"],
  W4: ["resident_mb"],
};

export interface Plot {
  /** The file's name. */
  readonly name: string;
  readonly alt: string;
  readonly svg: string;
}

/** The picture of a workload; undefined where there is nothing to show. */
export function plotOf(results: Pick<Results, "peers" | "runs">, info: WorkloadInfo): Plot | undefined {
  const panels = panelsOf(results, info);
  if (panels.length === 0) return undefined;
  const title = `${info.name} ${info.title}`;
  return { name: `${info.name.toLowerCase()}.svg`, alt: title, svg: figure(title, panels) };
}

function panelsOf(results: Pick<Results, "peers" | "runs">, info: WorkloadInfo): DescribedPanel[] {
  if (info.name === "W5") return returnPanels(results);
  return info.name === "W7" ? growthPanels(results, info) : barPanels(results, info);
}

/** Beyond this many times the reference a peer would leave the others no room. */
const cutAt = 2;

function barPanels(results: Pick<Results, "peers" | "runs">, info: WorkloadInfo): DescribedPanel[] {
  const metrics = (pictured[info.name] ?? []).flatMap((key) => info.metrics.filter((metric) => metric.key === key));
  return metrics.flatMap((metric) => {
    const bars = results.peers.flatMap((peer) => barOf(results, info.name, peer, metric));
    // In the order of what is better: the eye reads ranks.
    bars.sort((a, b) => (metric.better === "more" ? -1 : 1) * (a.spread.median - b.spread.median));
    const words = bars.map(({ label, spread, note }) => `${label} ${formatNumber(spread.median)} ${note}`);
    if (bars.length === 0) return [];
    const title = metric.label.replace(/^./, (letter) => letter.toUpperCase());
    const mark = bars.find(({ tone }) => tone === "reference")?.spread.median;
    const panel = barPanel({ title, bars, mark, limit: mark && mark * cutAt });
    return [{ ...panel, words: `${title}: ${words.join(", ")}.` }];
  });
}

function barOf(results: Pick<Results, "runs">, workload: WorkloadName, peer: string, metric: Metric): Bar[] {
  const summary = summarise(results, workload, peer, metric.key);
  if (summary === undefined) return [];
  const { ratio, ...spread } = summary;
  const compared = ratio === undefined || peer === reference ? "" : ` · ×${formatNumber(ratio.median)}`;
  return [{ label: labelOf(peer), tone: toneOf(peer), spread, note: `${metric.unit}${compared}` }];
}
