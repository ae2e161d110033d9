import type { Duplex } from "node:stream";
import type { Socket as EngineSocket } from "engine.io";
import { createSymbolProperty } from "../../core/symbol-property.ts";
import type { TrafficCounters } from "../../observability/traffic-counters.ts";
import { frameStreamOf, hasQueue } from "../internals/engine-clients.ts";
import type { Backpressure } from "./backpressure.ts";
import type { Message } from "./encoded-packet.ts";
import { createFrameBufferPool } from "./frame-buffer-pool.ts";
import { SharedPacketList } from "./shared-packet-list.ts";

/** Writing to many connections may take this long in one turn of the event loop; the rest follows in the next. */
const sliceMs = 3;

/** Number of connections that are written to before the time is checked. */
const perLook = 32;

/** Maximum size of a joined write, in characters: a larger one only delays its own beginning. */
const maxJoined = 65_536;

/** Collects what is to be sent to many connections, until the end of the turn. */
export interface WriteBatcher {
  /** Sends a message at the end of this turn of the event loop, joined with whatever else the connection gets in it. */
  add(conn: EngineSocket, message: Message): void;
  /** Makes packets of the ordinary path, too, leave with the others at the end of this turn. */
  hold(conn: EngineSocket): void;
  /** Sends what waits now. Call this before something else is sent, or the connection is closed. */
  release(conn: EngineSocket): void;
}

interface OutboxOptions {
  readonly traffic: TrafficCounters;
  readonly backpressure: Backpressure;
  /** Whether frames may be written past Engine.IO; without it, each packet takes the ordinary path. */
  readonly fast: boolean;
}

/**
 * Most of what a broadcast costs is one system call for each member and packet. Here everything that a connection
 * receives within one turn of the event loop leaves in one write, made of frames that were encoded once for all
 * connections.
 *
 * The order within a connection is kept, because everything goes into its TCP stream. What waits here is written before
 * any packet that takes the ordinary path. It takes the ordinary path itself where packets wait in Engine.IO's queue.
 */
export function createWriteBatcher({ traffic, backpressure, fast }: OutboxOptions): WriteBatcher {
  const streamOf = (conn: EngineSocket): Duplex | undefined => (fast ? frameStreamOf(conn) : undefined);
  const sequences = createSymbolProperty<EngineSocket, SharedPacketList>("what is to be sent");
  /** Connections with something to send, and some for which it has been sent already. */
  let waiting: EngineSocket[] = [];
  const corked: Duplex[] = [];
  const pool = createFrameBufferPool();
  let start = SharedPacketList.start();
  let scheduled = false;

  function flushLater(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function add(conn: EngineSocket, message: Message): void {
    const before = sequences.of(conn);
    if (before === undefined) waiting.push(conn);
    const sequence = (before ?? start).followedBy(message);
    sequences.put(conn, sequence);
    if (sequence.size > maxJoined) release(conn);
    flushLater();
  }

  function hold(conn: EngineSocket): void {
    const stream = streamOf(conn);
    if (stream === undefined) return;
    stream.cork();
    corked.push(stream);
    flushLater();
  }

  function release(conn: EngineSocket): void {
    const sequence = sequences.of(conn);
    if (sequence === undefined) return;
    sequences.clear(conn);
    write(conn, sequence);
  }

  function flush(): void {
    const until = performance.now() + sliceMs;
    const now = waiting;
    waiting = [];
    let written = 0;
    for (const conn of now) {
      release(conn);
      written += 1;
      if (written % perLook === 0 && performance.now() > until) break;
    }
    // Before connections that got more to send meanwhile: these have waited longer.
    if (written < now.length) waiting = [...now.slice(written), ...waiting];
    for (const stream of corked.splice(0)) stream.uncork();
    // A new root of the tree, so that it does not keep the last message of this turn.
    start = SharedPacketList.start();
    scheduled = false;
    if (waiting.length > 0) flushLater();
    else pool.reset();
  }

  function write(conn: EngineSocket, sequence: SharedPacketList): void {
    if (conn.readyState !== "open") return;
    const stream = streamOf(conn);
    if (stream === undefined) {
      for (const text of sequence.texts) conn.write(text);
      return;
    }
    const bytes = sequence.bytesIn(pool);
    if (hasQueue(conn)) {
      // One packet for all of it: on WebSocket a packet may carry its frames, ready to be written.
      const kept = Buffer.from(bytes);
      const options: object = { wsPreEncodedFrame: [kept] };
      conn.write(kept, options);
      return;
    }
    traffic.deliveries += sequence.packets;
    if (stream.writableLength > 0) stream.write(Buffer.from(bytes));
    else stream.write(bytes);
    if (stream.writableLength === 0) return;
    pool.keep(bytes);
    // A corked stream buffers everything until the end of the turn, and says nothing about its reader.
    if (stream.writableCorked === 0) backpressure.note(conn, bytes.length);
  }

  return { add, hold, release };
}
