import { cpus, release } from "node:os";
import { attempt } from "./attempt.ts";
import type { Options } from "./options.ts";
import type { Peer } from "./peers/peer.ts";
import { createPinning } from "./process/pinning.ts";
import type { Machine, Results, Run } from "./report/results.ts";
import type { Workload } from "./workloads/workload.ts";

interface BenchOptions {
  readonly options: Options;
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  /** A line on what is going on. */
  onProgress(line: string): void;
}

/**
 * Runs every workload with every peer that can take part. Peers take turns within a round, so that the machine's slow
 * and fast minutes fall on all of them.
 */
export async function runBench({ options, peers, workloads, onProgress }: BenchOptions): Promise<Results> {
  const startedAt = Date.now();
  const pinning = createPinning();
  const warnings: string[] = [];
  const warn = (text: string): void => {
    onProgress(`Warning: ${text}`);
    warnings.push(text);
  };
  if (!pinning.pinned) warn("Processes could not be pinned to cores (taskset, two cores): figures swing.");
  const { able, skipped } = await whoTakesPart(peers);
  const runs: Run[] = [];
  const stageOptions = { pinning, profileDirectory: options.profile, quick: options.quick };

  for (const workload of workloads) {
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const peer of able.filter((each) => each.workloads.includes(workload.name))) {
        const what = `${workload.name}, ${peer.name}, round ${round}`;
        onProgress(`${what} of ${options.rounds}`);
        try {
          const { metrics, doubts } = await attempt(workload, peer, stageOptions);
          runs.push({ workload: workload.name, peer: peer.name, round, metrics });
          if (doubts.length > 0) warn(`${what}: ${doubts.join("; ")}.`);
        } catch (error) {
          // An hour's figures are not thrown away for one that could not be had; it is reported, and no goal is met by
          // it.
          warn(`${what} failed: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  }

  return {
    started_at: new Date(startedAt).toISOString(),
    seconds: Math.round((Date.now() - startedAt) / 1000),
    machine: machine(pinning.pinned),
    options: { quick: options.quick, rounds: options.rounds, only: options.only },
    peers: able.map(({ name }) => name),
    ...{ skipped, runs, warnings },
  };
}

const machine = (pinned: boolean): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  kernel: release(),
  node: process.version,
  pinned,
});

async function whoTakesPart(peers: readonly Peer[]): Promise<{ able: Peer[]; skipped: Results["skipped"][number][] }> {
  const able: Peer[] = [];
  const skipped: Results["skipped"][number][] = [];
  for (const peer of peers) {
    const reason = await peer.unavailable();
    if (reason === null) able.push(peer);
    else skipped.push({ peer: peer.name, reason });
  }
  return { able, skipped };
}
