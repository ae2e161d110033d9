import type { Peer } from "./peers/peer.ts";
import type { Run } from "./report/results.ts";
import { type Doubt, type Stage, type StageOptions, setStage } from "./stage.ts";
import type { Workload } from "./workloads/workload.ts";

/** One run of a workload with a peer, and what is to be said against it. */
export interface Attempt {
  readonly metrics: Run["metrics"];
  readonly doubts: readonly string[];
}

/** How often a run is done again that other programs have disturbed. */
const repeats = 2;

/** Runs a workload with one peer; again, when the machine had something else to do meanwhile. The least disturbed counts. */
export async function attempt(
  workload: Workload,
  peer: Peer,
  options: Omit<StageOptions, "onDoubt"> & { readonly quick: boolean },
): Promise<Attempt> {
  let best = await attemptOnce(workload, peer, options);
  for (let repeat = 0; repeat < repeats && best.disturbance > 0; repeat += 1) {
    const next = await attemptOnce(workload, peer, options);
    if (next.disturbance < best.disturbance) best = next;
  }
  return best;
}

async function attemptOnce(...[workload, peer, { quick, ...options }]: Parameters<typeof attempt>) {
  const doubts: Doubt[] = [];
  let stage: Stage | undefined;
  const newStage = async (): Promise<Stage> => {
    // One server at a time: two would share the core.
    await stage?.close();
    stage = await setStage(peer, { ...options, onDoubt: (doubt) => doubts.push(doubt) });
    return stage;
  };
  try {
    const metrics = await workload.run(newStage, quick);
    return { metrics, doubts: doubts.map(describe), disturbance: disturbanceOf(doubts) };
  } finally {
    await stage?.close();
  }
}

const disturbanceOf = (doubts: readonly Doubt[]): number =>
  doubts.reduce((sum, { cause, percent }) => (cause === "machine" ? sum + percent : sum), 0);

const describe = ({ cause, percent }: Doubt): string =>
  cause === "load"
    ? `the load process used ${percent} % of its core`
    : `other programs used ${percent} % of a core meanwhile`;
