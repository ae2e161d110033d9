import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import type { Journal } from "./journal.ts";

/**
 * What a server holds at this moment; written while no client is connected.
 * @param countsHandles - false where other servers are connected, in a pool that breathes
 */
export async function writeResting(
  journal: Journal,
  http: Server,
  connections: number,
  countsHandles: boolean,
): Promise<void> {
  const sockets = await new Promise<number>((resolve) => http.getConnections((_error, count) => resolve(count)));
  journal.write({
    ...{ operation: "resting", actor: journal.actor, connections, sockets },
    ...{ handles: countsHandles ? readdirSync("/proc/self/fd").length : 0, at: Date.now() },
  });
}
