import { type Results, workloadNames } from "./results.ts";

/**
 * Joins runs of different workloads into one: a full run takes an hour, in which a machine may not be had undisturbed.
 * What is compared stays together, because all peers of a workload are in the same run.
 * @throws TypeError when a workload is in two of them, or they are not alike
 */
export function joinResults(parts: readonly Results[]): Results {
  const [first, ...others] = parts;
  if (first === undefined) throw new TypeError("There are no results to join.");
  for (const name of workloadNames) {
    const times = parts.filter(({ runs }) => runs.some(({ workload }) => workload === name)).length;
    if (times > 1) throw new TypeError(`${name} is in ${times} of the results: one run alone can be judged.`);
  }
  const alike = ({ machine, options }: Results): string => JSON.stringify([machine, options.quick, options.rounds]);
  const unlike = others.find((part) => alike(part) !== alike(first));
  if (unlike !== undefined) {
    throw new TypeError(`Results of ${unlike.started_at} are of another machine, or of another number of rounds.`);
  }
  const ran = new Set(parts.flatMap(({ options }) => options.only));
  const skipped = new Map(parts.flatMap((part) => part.skipped).map((each) => [each.peer, each]));
  return {
    started_at: parts.map(({ started_at }) => started_at).sort()[0] ?? first.started_at,
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    machine: first.machine,
    options: { ...first.options, only: workloadNames.filter((name) => ran.has(name)) },
    peers: [...new Set(parts.flatMap(({ peers }) => peers))],
    skipped: [...skipped.values()],
    runs: parts.flatMap(({ runs }) => runs),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}
