import { labelOf } from "./labels.ts";
import type { Results } from "./results.ts";

/** When, where and how a run was made, in one paragraph. */
export function describeRun({
  started_at,
  seconds,
  machine,
  options,
}: Pick<Results, "started_at" | "seconds" | "machine" | "options">): string {
  const { cpu, cores, kernel, node, pinned } = machine;
  const rounds = options.rounds === 1 ? "one round" : `${options.rounds} rounds`;
  const length = options.quick ? `${rounds}, shortened` : rounds;
  const places = pinned ? "server and load on a core each" : "server and load not bound to cores";
  return [
    `Measured on ${started_at.slice(0, 10)} within ${Math.ceil(seconds / 60)} min: ${length}, ${places}.`,
    `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}.`,
    "Figures are medians, with the smallest and the largest in parentheses.",
    "× is against bare Socket.IO: the median of each round's ratio.",
  ].join(" ");
}

/** A sentence for each peer that did not take part. */
export const describeSkipped = ({ skipped }: Pick<Results, "skipped">): string[] =>
  skipped.map(({ peer, reason }) => `Not measured: ${labelOf(peer)}, because ${reason}.`);
