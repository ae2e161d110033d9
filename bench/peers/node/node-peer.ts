import { openSync } from "node:fs";
import { join } from "node:path";
import { controlStdio, createControl } from "../../process/control.ts";
import type { WorkloadName } from "../../report/results.ts";
import type { Launch, Peer, RunningPeer, Target } from "../peer.ts";
import type { ServerCommands } from "../server-commands.ts";

/** What a server of our own is started with, as JSON in its first argument. */
export interface ServerParams {
  readonly port: number;
  readonly listenAtUs: number;
  /** Where it takes lines that ask for broadcasts. */
  readonly broadcastSocket: string;
}

interface NodePeerOptions {
  readonly name: string;
  readonly workloads: readonly WorkloadName[];
  readonly script: URL;
  readonly wire: Target["wire"];
  readonly path: string;
  readonly secured: boolean;
}

/** The address of a Socket.IO endpoint for WebSocket alone. */
export const socketIoPath = "/socket.io/?EIO=4&transport=websocket";

/** A peer whose server is a script of ours, run by the Node that runs the bench. */
export function createNodePeer({ name, workloads, script, wire, path, secured }: NodePeerOptions): Peer {
  return {
    name,
    workloads,
    unavailable: async () => null,
    async start(launch) {
      const broadcastSocket = join(launch.directory, "broadcasts");
      const params: ServerParams = { port: launch.port, listenAtUs: launch.listenAtUs ?? 0, broadcastSocket };
      const env = { ...process.env, NODE_ENV: "production" };
      const child = launch.spawn(
        process.execPath,
        [
          "--conditions=@signalbox/source",
          "--expose-gc",
          ...profileFlags(name, launch),
          script.pathname,
          JSON.stringify(params),
        ],
        { stdio: controlStdio(openSync(join(launch.directory, "log"), "a")), env },
      );
      const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      const control = createControl<ServerCommands>(name, child);
      await control.call("listening", {});
      return {
        pids: [child.pid as number],
        target: { port: launch.port, wire, path, secured, broadcasts: { by: "server", socket: broadcastSocket } },
        control,
        async stop() {
          // The server stops at the end of its input: a killed process would write no profile.
          if (launch.profileDirectory === undefined) child.kill("SIGKILL");
          else child.stdin?.end();
          await exited;
        },
      } satisfies RunningPeer;
    },
  };
}

/** Profiles are named after the peer and the time: each run of it leaves one. */
const profileFlags = (name: string, { profileDirectory }: Launch): string[] =>
  profileDirectory === undefined
    ? []
    : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`];
