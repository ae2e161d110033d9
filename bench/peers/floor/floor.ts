import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram, startForeign } from "../foreign.ts";
import type { Peer } from "../peer.ts";

const source = join(import.meta.dirname, "floor.c");

/** A `write()` loop in C, compiled when it starts: what a fan-out costs at the least with one call per delivery. */
export const floor: Peer = {
  name: "floor",
  workloads: ["W2"],

  async unavailable() {
    return (await findProgram("cc")) === undefined ? "there is no C compiler (Debian: gcc)" : null;
  },

  async start(launch) {
    const program = join(launch.directory, "floor");
    const socket = join(launch.directory, "floor.sock");
    await promisify(execFile)("cc", ["-O2", "-o", program, source]);
    const { pid, stop } = await startForeign(launch, program, [String(launch.port), socket]);
    return {
      pids: [pid],
      target: { port: launch.port, wire: "tcp", path: "", secured: false, broadcasts: { by: "server", socket } },
      stop,
    };
  },
};
