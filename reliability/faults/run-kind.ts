import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDice } from "../../packages/client/test/support/dice.ts";
import type { Rules } from "../history/check.ts";
import type { Verdict } from "../history/check-history.ts";
import type { FaultKind } from "./kinds/kind.ts";
import { loopback, openRoutedNetwork, type RoutedNetwork } from "./network.ts";
import { openSmallDisk, type SmallDisk } from "./small-disk.ts";
import { heartbeat, type Layer, openWorld, pause } from "./world.ts";

export interface RunOptions {
  readonly kind: FaultKind;
  readonly layer: Layer;
  readonly seed: number;
  readonly count: number;
  readonly quick: boolean;
  /** Histories stay where they are, and are named. */
  readonly keep: boolean;
}

export interface KindResult {
  readonly name: string;
  readonly layer: Layer;
  readonly verdict: Verdict;
  readonly seconds: number;
  /** Where the history is; undefined when it is not kept. */
  readonly folder: string | undefined;
  /** What was used where a fault can be made in several ways. */
  readonly means: string | undefined;
}

/** The heartbeat is the run's own; everything else as shipped, unless a kind says how long no process can know of it. */
const rulesOf = ({ unnoticedMs, recoveryP99Ms }: FaultKind): Partial<Rules> => ({
  ...(recoveryP99Ms !== undefined && { recoveryP99Ms }),
  unnoticedMs: unnoticedMs ?? (heartbeat.interval + heartbeat.timeout + 1) * 1000,
});

/** Puts one kind of fault in, so many times, and has the history judged by the checker. */
export async function runKind(options: RunOptions): Promise<KindResult> {
  const { kind, layer } = options;
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), `signalbox-${kind.name}-`));
  const network = kind.needs === "network" ? openRoutedNetwork() : undefined;
  const disk = kind.needs === "disk" ? openSmallDisk(join(folder, "disk")) : undefined;
  let isKept = true;
  try {
    const verdict = await judge(rulesOf(kind), await play(options, folder, network, disk));
    isKept = options.keep || verdict.faults.length > 0;
    return {
      ...{ name: kind.name, layer, verdict, seconds: (Date.now() - started) / 1000 },
      folder: isKept ? folder : undefined,
      means: kind.needs !== "network" ? undefined : network === undefined ? "TCP proxy" : "network namespaces",
    };
  } finally {
    disk?.remove();
    network?.remove();
    if (!isKept) rmSync(folder, { recursive: true });
  }
}

/** @returns the files of the history */
async function play(
  { kind, layer, seed, count, quick }: RunOptions,
  folder: string,
  network: RoutedNetwork | undefined,
  disk: SmallDisk | undefined,
): Promise<readonly string[]> {
  const random = createDice(seed);
  const { pace = 0.1, atATime = 1, nodes = 1, env = {} } = kind;
  // Once through, beside others and on whatever machine: the load of the full run would be a test of the machine.
  const tasks = Math.ceil((kind.tasks ?? 120) / (quick ? 6 : 2)) * 2;
  const world = await openWorld({
    ...{ layer, folder, seed, tasks, pace, users: 8, nodes, env, network: network ?? loopback },
    ...(disk && { diskFolder: disk.folder }),
  });

  async function injectEvery(first: number): Promise<void> {
    for (let number = first; number < Math.min(count, kind.most ?? count); number += atATime) {
      const client = world.clients[number % world.clients.length] ?? "";
      await pause(100 + random() * 300);
      world.record({ operation: "fault", name: kind.name, at: Date.now() });
      await kind.inject({ world, random, number, client, quick, network, disk });
      await world.allWell(atATime > 1 ? [client] : undefined);
    }
  }

  try {
    await world.allWell();
    await Promise.all(Array.from({ length: atATime }, (_, first) => injectEvery(first)));
    await world.finish();
  } catch (error) {
    world.promise("the run comes to its end", false, String((error as Error).message));
  } finally {
    await world.destroy();
  }
  return world.journals;
}

/** By the checker as a program of its own, which knows nothing but the lines. */
function judge(rules: Partial<Rules>, journals: readonly string[]): Promise<Verdict> {
  const program = fileURLToPath(new URL("../history/main.ts", import.meta.url));
  const args = ["--conditions=@signalbox/source", program, "--json", "--rules", JSON.stringify(rules), ...journals];
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 1 << 26, env: { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1" } };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(`The checker gave no verdict: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout) as Verdict);
    });
  });
}
