import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Control } from "../process/control.ts";
import type { WorkloadName } from "../report/results.ts";
import type { ServerCommands } from "./server-commands.ts";

/** Something that is measured: Signalbox, or what it is compared with. */
export interface Peer {
  readonly name: string;
  readonly workloads: readonly WorkloadName[];
  /** Why it cannot take part on this machine, in a few words such as "nginx is not installed"; null when it can. */
  unavailable(): Promise<string | null>;
  /** Starts a server of its own and resolves when it accepts connections. */
  start(launch: Launch): Promise<RunningPeer>;
}

/** What a peer is given to start with. */
export interface Launch {
  /** To listen on, at 127.0.0.1 (or all of 127.0.0.0/8: clients come from many loopback addresses). */
  readonly port: number;
  /**
   * When to accept connections, in microseconds of the monotonic clock; at once when undefined. An absence lasts as long
   * as it is said to, however long a server takes to start. For servers of our own.
   */
  readonly listenAtUs?: number;
  /** An empty folder of this run, removed after it: configuration files, sockets, compiled programs. */
  readonly directory: string;
  /** Where Node servers write a CPU profile when they stop. */
  readonly profileDirectory: string | undefined;
  /** `child_process.spawn`, pinned to the server's core. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

export interface RunningPeer {
  /** Every process whose CPU time and memory count: master and workers, say. */
  readonly pids: readonly number[];
  readonly target: Target;
  /** Only servers of our own take commands; a workload that needs them is only for peers that have it. */
  readonly control?: Control<ServerCommands>;
  /** Ends it, without waiting for clients. */
  stop(): Promise<void>;
}

/** How the load process reaches a peer. Sent to it as JSON. */
export interface Target {
  readonly port: number;
  readonly wire: Wire;
  /** Request target of the WebSocket upgrade, such as `/socket.io/?EIO=4&transport=websocket`. Not used by `tcp`. */
  readonly path: string;
  /** Whether a CSRF token is read from /realtime/client-config and sent with CONNECT. */
  readonly secured: boolean;
  readonly broadcasts: Broadcasts;
}

/**
 * - `socket.io`: WebSocket, Engine.IO 4 and Socket.IO 5; a client is in when CONNECT is answered.
 * - `ws`: WebSocket, one message a frame; a client is in with the upgrade.
 * - `tcp`: server-to-client WebSocket frames on a bare TCP connection, for the floor; in with the connection.
 * - `nats`: the NATS protocol in WebSocket frames; in when PING is answered after SUB.
 */
export type Wire = "socket.io" | "ws" | "tcp" | "nats";

/**
 * How a broadcast to everybody who is connected comes about. Its maker builds the payload as `payloads.ts` says, with
 * the time at which it was made.
 * - `server`: the server listens on a Unix-domain socket at `socket`. A line `10 200\n` asks for one turn of its event
 *   loop with 10 broadcasts of payloads of 200 bytes; each further line for another turn, also when lines came together.
 *   Nothing is answered: the load process counts what arrives.
 * - `http`: the load process sends a POST to `path` for each broadcast, over one kept connection, pipelined.
 * - `nats`: the load process sends PUB to `subject`, over one kept connection of its own.
 */
type Broadcasts =
  | { readonly by: "server"; readonly socket: string }
  | { readonly by: "http"; readonly path: string }
  | { readonly by: "nats"; readonly subject: string };
