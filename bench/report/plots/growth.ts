import { summarise } from "../../statistics.ts";
import { labelOf } from "../labels.ts";
import { formatNumber } from "../numbers.ts";
import type { Results, WorkloadInfo } from "../results.ts";
import { type Bar, barPanel } from "./bars.ts";
import { type DescribedPanel, toneOf } from "./panel.ts";

const title = "CPU when one thing grows tenfold";

/** All that grows in one panel, so that it can be compared; the dashed line is where nothing would have grown. */
export function growthPanels(results: Pick<Results, "peers" | "runs">, info: WorkloadInfo): DescribedPanel[] {
  const growths = info.metrics.filter(({ key }) => key.endsWith("_growth"));
  const bars = growths.flatMap(({ key, label }) =>
    results.peers.flatMap((peer): Bar[] => {
      const spread = summarise(results, info.name, peer, key);
      return spread === undefined ? [] : [{ label, tone: toneOf(peer), spread, note: `× · ${labelOf(peer)}` }];
    }),
  );
  if (bars.length === 0) return [];
  const words = bars.map(({ label, spread, note }) => `${label} ${formatNumber(spread.median)} ${note}`);
  return [{ ...barPanel({ title, bars, mark: 1 }), words: `${title}: ${words.join(", ")}.` }];
}
