import type { Peer } from "./peers/peer.ts";
import type { Run } from "./report/results.ts";
import { type Doubt, type Stage, type StageOptions, setStage } from "./stage.ts";
import type { Workload } from "./workloads/workload.ts";

/** One run of a workload with a peer, and what is to be said against it. */
export interface Attempt {
  readonly metrics: Run["metrics"];
  readonly doubts: readonly string[];
}

/** How often a run is done again that other programs have disturbed; a quick one is not. */
const mostRepeats = 2;

/** Runs a workload with one peer; again, when the machine had something else to do meanwhile. The least disturbed counts. */
export async function attempt(
  workload: Workload,
  peer: Peer,
  options: Omit<StageOptions, "onDoubt"> & { readonly quick: boolean },
): Promise<Attempt> {
  const repeats = options.quick ? 0 : mostRepeats;
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
    const [machine, load] = [worst(doubts, "machine"), worst(doubts, "load")];
    return {
      metrics,
      disturbance: machine,
      doubts: [
        ...(load > 0 ? [`the load process used up to ${load} % of its core`] : []),
        ...(machine > 0 ? [`other programs used up to ${machine} % of a core meanwhile`] : []),
      ],
    };
  } finally {
    await stage?.close();
  }
}

/** In percent; 0 when there is none of this cause. */
const worst = (doubts: readonly Doubt[], cause: Doubt["cause"]): number =>
  Math.max(0, ...doubts.filter((doubt) => doubt.cause === cause).map(({ percent }) => percent));
