import { once } from "node:events";
import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { serveControl } from "../../process/control.ts";
import { monotonicUs, type Payload } from "../payloads.ts";
import type { MemoryAnswer, ServerCommands } from "../server-commands.ts";
import { generateUpdates, type TaskBoard } from "./generate-updates.ts";
import type { ServerParams } from "./node-peer.ts";
import { serveBroadcasts } from "./serve-broadcasts.ts";

/** What a server of our own does in its own way; all else is the same for every one. */
export interface Contender {
  readonly httpServer: Server;
  connections(): number;
  /** To everybody who is connected. */
  broadcast(payload: Payload): void;
  /** Where it takes part in W3, W6 and W7. */
  readonly tasks?: TaskBoard;
}

/** What the server was started with. */
export const serverParams = (): ServerParams => JSON.parse(process.argv[2] ?? "{}") as ServerParams;

/** Runs a server of our own as the bench tells it to. */
export function serve({ httpServer, connections, broadcast, tasks }: Contender): void {
  const { port, listenAtUs, broadcastSocket } = serverParams();
  serveBroadcasts(broadcastSocket, broadcast);
  const listening = once(httpServer, "listening").then(() => ({ atUs: monotonicUs() }));
  setTimeout(() => httpServer.listen(port, "127.0.0.1"), Math.max(0, listenAtUs - monotonicUs()) / 1000);

  serveControl<ServerCommands>({
    listening: () => listening,
    async memory() {
      await collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return { heapBytes: heapUsed + external, connections: connections() } satisfies MemoryAnswer;
    },
    async tasks({ count }) {
      await tasks?.create(count);
      return {};
    },
    progress(params) {
      if (tasks === undefined) throw new Error("This server has no tasks.");
      return generateUpdates(params, tasks);
    },
  });
}

const settleMs = 200;

/**
 * Everything that can go, goes, and freed pages are given back. Twice: what the first leaves to finalizers and to the
 * sockets' own callbacks is gone with the second.
 */
async function collectGarbage(): Promise<void> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Start with --expose-gc.");
  const collect = () => gc({ type: "major", execution: "sync", flavor: "last-resort" });
  collect();
  await pause(settleMs);
  collect();
}
