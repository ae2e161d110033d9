import { randomInt } from "node:crypto";
import type { Server as EngineServer } from "engine.io";
import { clientsOf, cutOff, whenGone } from "./engine-clients.ts";
import { liveSockets, type RealtimeNamespace } from "./socket.ts";

/** How long closing waits for the last frames to leave; a client that does not read is cut off then. */
const flushMs = 500;

/**
 * Tells every client that the server goes and when to come back, then closes its connection.
 * Each is given a moment of its own within `spreadMs`, so that they do not all return at once.
 */
export async function closeConnections(
  engine: EngineServer,
  namespaces: Iterable<RealtimeNamespace>,
  spreadMs: number,
): Promise<void> {
  const conns = Object.values(clientsOf(engine));
  for (const socket of liveSockets(namespaces)) {
    socket.emit("server_draining", { reconnect_after_ms: randomInt(spreadMs) });
    socket.disconnect(true);
  }
  const gone = Promise.all(conns.map(whenGone));
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, flushMs))]);
  engine.close();
  for (const conn of conns) cutOff(conn);
}
