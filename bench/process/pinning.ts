import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";

/** Gives the server and the load a core each, so that neither takes the other's time. */
export interface Pinning {
  /** False where `taskset` is missing or there is one core only: figures then swing with the scheduler. */
  readonly pinned: boolean;
  spawnServer(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  spawnLoad(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

const serverCore = "0";
const loadCore = "1";

/** Moves this process to the load's core as well: it sleeps while there is something to measure. */
export function createPinning(): Pinning {
  const pinned = spawnSync("taskset", ["-cp", loadCore, String(process.pid)]).status === 0;
  const spawnOn =
    (core: string): Pinning["spawnServer"] =>
    (command, args, options) =>
      pinned ? spawn("taskset", ["-c", core, command, ...args], options) : spawn(command, args, options);
  return { pinned, spawnServer: spawnOn(serverCore), spawnLoad: spawnOn(loadCore) };
}
