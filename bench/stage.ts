import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../scripts/services/free-port.ts";
import type { LoadCommands } from "./load/commands.ts";
import { monotonicUs } from "./peers/payloads.ts";
import type { Peer, RunningPeer } from "./peers/peer.ts";
import type { MemoryAnswer, ServerCommands } from "./peers/server-commands.ts";
import { type Control, controlStdio, createControl } from "./process/control.ts";
import type { Pinning } from "./process/pinning.ts";
import { cpuUs, machineBusyUs, residentBytes } from "./process/usage.ts";

/** One peer, freshly started, and the load that is put on it. */
export interface Stage {
  readonly server: Control<ServerCommands>;
  readonly load: Control<LoadCommands>;
  /** Carries something out, and says what the server used meanwhile. */
  measure<Answer>(run: () => Promise<Answer>): Promise<Measured<Answer>>;
  /** After garbage collection, where the server has one. */
  memory(): Promise<Memory>;
  /**
   * Ends the server at once, and starts it again on the same port, where it listens after a while.
   * @returns when it listened again, in microseconds of the monotonic clock
   */
  restart(absentMs: number): Promise<number>;
  close(): Promise<void>;
}

interface Measured<Answer> {
  readonly answer: Answer;
  readonly seconds: number;
  readonly cpuUs: number;
}

export interface Memory extends Partial<MemoryAnswer> {
  readonly residentBytes: number;
}

/** `machine`: other programs took time from ours, which passes. `load`: the load process was at its own limit. */
export interface Doubt {
  readonly cause: "machine" | "load";
  /** Of a core. */
  readonly percent: number;
}

export interface StageOptions {
  readonly pinning: Pinning;
  readonly profileDirectory: string | undefined;
  /** Called with what makes a figure doubtful. */
  onDoubt(doubt: Doubt): void;
}

/** Above this share of its core, in percent, the load process no longer takes what comes when it comes: the figure is its own. */
const loadLimit = 90;

/** In percent of a core. Above it, latencies and rates are of a machine that was busy with something else. */
const othersLimit = 15;

/** A window shorter than this says nothing of a share. */
const shortestWindowSeconds = 0.5;

const loadScript = fileURLToPath(new URL("./load/main.ts", import.meta.url));

/** Starts a peer and a load process, both new: nothing of one run is left for the next. */
export async function setStage(peer: Peer, { pinning, profileDirectory, onDoubt }: StageOptions): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  // Also of a run that is interrupted.
  process.once("exit", removeDirectory);
  const launch = { port: await freePort(), directory, profileDirectory, spawn: pinning.spawnServer };
  let running = await peer.start(launch);
  const child = pinning.spawnLoad(process.execPath, [loadScript], { stdio: controlStdio(2) });
  const load = createControl<LoadCommands>("The load process", child);
  await load.call("aim", { target: running.target });

  return {
    server: { call: (name, params) => controlOf(peer, running).call(name, params) },
    load,
    async measure(run) {
      const ofLoad = [child.pid as number];
      const before = { server: cpuUs(running.pids), load: cpuUs(ofLoad), all: machineBusyUs(), at: performance.now() };
      const answer = await run();
      const seconds = (performance.now() - before.at) / 1000;
      const server = cpuUs(running.pids) - before.server;
      const load = cpuUs(ofLoad) - before.load;
      if (seconds > shortestWindowSeconds) doubt(load, machineBusyUs() - before.all - server - load, seconds);
      return { answer, seconds, cpuUs: server };
    },
    async memory() {
      const heap = await running.control?.call("memory", {});
      return { ...heap, residentBytes: residentBytes(running.pids) };
    },
    async restart(absentMs) {
      const listenAtUs = monotonicUs() + absentMs * 1000;
      await running.stop();
      running = await peer.start({ ...launch, listenAtUs });
      return (await controlOf(peer, running).call("listening", {})).atUs;
    },
    async close() {
      await running.stop();
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      process.off("exit", removeDirectory);
      removeDirectory();
    },
  };

  function doubt(loadUs: number, othersUs: number, seconds: number): void {
    const percent = (us: number): number => Math.round(us / 10_000 / seconds);
    if (percent(loadUs) > loadLimit) onDoubt({ cause: "load", percent: percent(loadUs) });
    if (percent(othersUs) > othersLimit) onDoubt({ cause: "machine", percent: percent(othersUs) });
  }
}

function controlOf({ name }: Peer, { control }: RunningPeer): Control<ServerCommands> {
  if (control === undefined) throw new TypeError(`${name} takes no commands; leave it out of this workload.`);
  return control;
}
