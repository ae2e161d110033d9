import type { Run, WorkloadInfo } from "../report/results.ts";
import type { Stage } from "../stage.ts";

/** What is done to a peer, and which figures that yields. */
export interface Workload extends WorkloadInfo {
  /**
   * @param newStage - starts the peer anew; the caller need not close it
   */
  run(newStage: () => Promise<Stage>, quick: boolean): Promise<Run["metrics"]>;
}
