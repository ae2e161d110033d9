import { type Summary, summarise } from "../statistics.ts";
import { labelOf } from "./labels.ts";
import { formatNumber } from "./numbers.ts";
import { type Metric, type Results, reference, type WorkloadInfo } from "./results.ts";
import { type Table, turned } from "./table.ts";

/**
 * Peers by metrics, each as `median (min to max) ×ratio`; on its side where there are more metrics than peers.
 * @returns undefined when the workload was not run
 */
export function workloadTable(results: Pick<Results, "peers" | "runs">, info: WorkloadInfo): Table | undefined {
  const summaryOf = (peer: string, { key }: Metric) => summarise(results, info.name, peer, key);
  const peers = results.peers.filter((peer) => info.metrics.some((metric) => summaryOf(peer, metric) !== undefined));
  if (peers.length === 0) return undefined;
  const metrics = info.metrics.filter((metric) => peers.some((peer) => summaryOf(peer, metric) !== undefined));

  const table: Table = {
    head: ["", ...metrics.map(headingOf)],
    rows: peers.map((peer) => [
      labelOf(peer),
      ...metrics.map((metric) => cell(summaryOf(peer, metric), withRatio(peer, metric))),
    ]),
  };
  return metrics.length > peers.length ? turned(table) : table;
}

const headingOf = ({ label, unit }: Metric): string => (unit === "" ? label : `${label}, ${unit}`);

/** What is neither better nor worse is not compared, nor the reference with itself. */
const withRatio = (peer: string, { better }: Metric): boolean => better !== "neither" && peer !== reference;

function cell(summary: Summary | undefined, compared: boolean): string {
  if (summary === undefined) return "–";
  const { median, min, max, ratio } = summary;
  const spread = min === max ? "" : ` (${formatNumber(min)} to ${formatNumber(max)})`;
  return `${formatNumber(median)}${spread}${compared && ratio !== undefined ? ` ×${formatNumber(ratio.median)}` : ""}`;
}
