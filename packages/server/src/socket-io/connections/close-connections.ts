import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../core/ports.ts";
import { clientsOf, cutOff, hangUp, whenGone } from "../internals/engine-clients.ts";
import { liveSockets, type RealtimeNamespace } from "../socket.ts";

/** How long closing waits for the last frames to leave: a poll may be on its way. A client that does not read is cut off then. */
const flushMs = 1000;

/** Time between two batches: short enough to keep every batch small, long enough that each is one piece of work. */
const batchMs = 100;

interface Closing {
  readonly engine: EngineServer;
  readonly namespaces: Iterable<RealtimeNamespace>;
  readonly clock: Clock;
  /** All connections are closed within this time, evenly spread; 0 closes them all at once. */
  readonly windowMs: number;
  /** The delay after which a client is asked to reconnect. */
  reconnectAfterMs(): number;
  /** Called when a batch is due: accepts nothing new from it, and resolves when accepted requests are answered. */
  release(batch: ReadonlySet<EngineSocket>): Promise<void>;
}

/**
 * Notifies every client that the server shuts down and when to reconnect, and closes its connection, batch by batch.
 * Only the transport is closed: a plain Socket.IO client reconnects by itself then, and from a closed namespace never
 * does.
 */
export async function closeConnections({ engine, clock, windowMs, ...closing }: Closing): Promise<void> {
  const conns = Object.values(clientsOf(engine));
  const allGone = Promise.all(conns.map(whenGone));
  const batches = evenly(conns, Math.max(1, Math.ceil(windowMs / batchMs)));
  const intervalMs = windowMs / batches.length;
  await Promise.all(
    batches.map(async (batch, index) => {
      if (index > 0) await pause(clock, index * intervalMs, allGone);
      // Not one after the other: a slow request must not delay the batches behind it.
      await closing.release(batch);
      await disconnectBatch(batch, closing);
    }),
  );
  // Connections that arrived while the last guards were running.
  for (const conn of Object.values(clientsOf(engine))) cutOff(conn);
  engine.close();
}

/** Notifies all sockets of a connection before its transport is closed, which ends them all. */
async function disconnectBatch(
  batch: ReadonlySet<EngineSocket>,
  { namespaces, reconnectAfterMs }: Omit<Closing, "engine" | "clock" | "windowMs">,
): Promise<void> {
  const sockets = [...liveSockets(namespaces)].filter(({ conn }) => batch.has(conn));
  const delays = new Map([...batch].map((conn) => [conn, reconnectAfterMs()]));
  for (const socket of sockets) socket.emit("server_draining", { reconnect_after_ms: delays.get(socket.conn) });
  for (const conn of batch) hangUp(conn);
  const gone = Promise.all([...batch].map(whenGone));
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, flushMs))]);
  for (const conn of batch) cutOff(conn);
}

/** At most `count` batches, none of them empty, whose sizes differ by one at most. */
function evenly<Item>(items: readonly Item[], count: number): ReadonlySet<Item>[] {
  const batches = Math.min(count, items.length);
  const start = (index: number): number => Math.floor((index * items.length) / batches);
  return Array.from({ length: batches }, (_, index) => new Set(items.slice(start(index), start(index + 1))));
}

async function pause(clock: Clock, ms: number, over: Promise<unknown>): Promise<void> {
  let cancel = (): void => {};
  const due = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([due, over]);
  cancel();
}
