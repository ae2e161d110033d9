import { spreadOf } from "../../statistics.ts";
import { labelOf } from "../labels.ts";
import { formatNumber } from "../numbers.ts";
import type { Results } from "../results.ts";
import { type Curve, curvePanel } from "./curve.ts";
import { type DescribedPanel, toneOf } from "./panel.ts";

/** `after8_p50_s`: seconds until half of the clients were back, the server having been away for 8 s; `max`: until all. */
const percentileKey = /^after(\d+)_(?:p(\d+)|max)_s$/;

interface Reached {
  readonly absence: number;
  readonly share: number;
  readonly seconds: number;
}

/** For each length of absence the share of clients that are back over time, as far as there are percentiles of it. */
export function returnPanels({ peers, runs }: Pick<Results, "peers" | "runs">): DescribedPanel[] {
  const reached = new Map(peers.map((peer) => [peer, reachedBy(runs.filter((run) => run.peer === peer))]));
  const absences = new Set([...reached.values()].flat().map(({ absence }) => absence));
  return [...absences].map((absence) => {
    const title = `Clients back after ${absence} s without a server`;
    const curves = peers.flatMap((peer) => curveOf(peer, reached.get(peer) ?? [], absence));
    const ends = curves.map(({ label, points }) => `${label} ${formatNumber(points.at(-1)?.x ?? 0)} s`);
    const panel = curvePanel(title, "seconds since the server listens again", curves);
    return { ...panel, words: `${title}, the last one: ${ends.join(", ")}.` };
  });
}

function curveOf(peer: string, reached: readonly Reached[], absence: number): Curve[] {
  const points = reached
    .filter((point) => point.absence === absence)
    .map(({ seconds, share }) => ({ x: seconds, share }))
    .toSorted((a, b) => a.share - b.share);
  if (points.length === 0) return [];
  return [{ label: labelOf(peer), tone: toneOf(peer), points: [{ x: 0, share: 0 }, ...points] }];
}

/** Medians over the rounds of one peer. */
function reachedBy(runs: Results["runs"]): Reached[] {
  const keys = new Set(runs.filter(({ workload }) => workload === "W5").flatMap(({ metrics }) => Object.keys(metrics)));
  return [...keys].flatMap((key) => {
    const [, absence, percentile = 100] = percentileKey.exec(key) ?? [];
    if (absence === undefined) return [];
    const seconds = runs.flatMap(({ metrics }) => metrics[key] ?? []);
    return [{ absence: Number(absence), share: Number(percentile) / 100, seconds: spreadOf(seconds).median }];
  });
}
