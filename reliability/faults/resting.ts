import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import type { Journal } from "./journal.ts";

/** What a server holds at this moment; written while nobody is connected. */
export async function writeResting(journal: Journal, http: Server, connections: number): Promise<void> {
  const sockets = await new Promise<number>((resolve) => http.getConnections((_error, count) => resolve(count)));
  journal.write({
    ...{ operation: "resting", actor: journal.actor, connections, sockets },
    ...{ handles: readdirSync("/proc/self/fd").length, at: Date.now() },
  });
}
