import { cpus, release } from "node:os";
import type { Options } from "./options.ts";
import type { Peer } from "./peers/peer.ts";
import { createPinning } from "./process/pinning.ts";
import type { Results, Run } from "./report/results.ts";
import { type Stage, setStage } from "./stage.ts";
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
  const warnings = new Set<string>();
  const warn = (text: string): void => {
    if (!warnings.has(text)) onProgress(`Warning: ${text}`);
    warnings.add(text);
  };
  if (!pinning.pinned) warn("Processes could not be pinned to cores (taskset, two cores): figures swing.");
  const { able, skipped } = await whoTakesPart(peers);
  const runs: Run[] = [];

  for (const workload of workloads) {
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const peer of able.filter(({ workloads: takesPart }) => takesPart.includes(workload.name))) {
        onProgress(`${workload.name}, round ${round} of ${options.rounds}: ${peer.name}`);
        try {
          const metrics = await runOne(workload, peer, round);
          runs.push({ workload: workload.name, peer: peer.name, round, metrics });
        } catch (error) {
          // An hour's figures are not thrown away for one that could not be had; its absence is told, and no goal is met by it.
          warn(
            `${workload.name}, ${peer.name}, round ${round} failed: ${error instanceof Error ? error.message : error}`,
          );
        }
      }
    }
  }

  return {
    started_at: new Date(startedAt).toISOString(),
    seconds: Math.round((Date.now() - startedAt) / 1000),
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      kernel: release(),
      node: process.version,
      pinned: pinning.pinned,
    },
    options: { quick: options.quick, rounds: options.rounds, only: options.only },
    peers: able.map(({ name }) => name),
    skipped,
    runs,
    warnings: [...warnings],
  };

  async function runOne(workload: Workload, peer: Peer, round: number): Promise<Run["metrics"]> {
    const stages: Stage[] = [];
    const newStage = async (): Promise<Stage> => {
      // One server at a time: two would share the core.
      await stages.at(-1)?.close();
      const stage = await setStage(peer, { pinning, profileDirectory: options.profile, onDoubt });
      stages.push(stage);
      return stage;
    };
    const onDoubt = (text: string): void => warn(`${workload.name}, ${peer.name}, round ${round}: ${text}`);
    try {
      return await workload.run(newStage, options.quick);
    } finally {
      await stages.at(-1)?.close();
    }
  }
}

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
