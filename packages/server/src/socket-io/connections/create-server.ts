import { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { WebSocket } from "ws";
import type { Config } from "../../config/settings.ts";
import type { Clock, Log } from "../../core/ports.ts";
import { Refusal } from "../../core/refusal.ts";
import { createSymbolProperty } from "../../core/symbol-property.ts";
import { createWindowCounter, type WindowCounter } from "../../limits/window-counter.ts";
import type { TrafficCounters } from "../../observability/traffic-counters.ts";
import { type Backpressure, createBackpressure } from "../delivery/backpressure.ts";
import { batchingAdapter } from "../delivery/batching-adapter.ts";
import { type AdapterFactory, batchingClusterAdapter } from "../delivery/batching-cluster-adapter.ts";
import { createWriteBatcher, type WriteBatcher } from "../delivery/write-batcher.ts";
import { asAdapterClass } from "../internals/adapter-internals.ts";
import { assertSupportedInternals } from "../internals/assert-supported-internals.ts";
import {
  connectionOn,
  forgetUpgrade,
  hasQueue,
  joinFirstPackets,
  overrideMethods,
  sizeOf,
} from "../internals/engine-clients.ts";
import { webSocketServer } from "../internals/guarded-websocket-server.ts";
import { boundedParser } from "../parsing/bounded-parser.ts";
import { createMalformedPackets } from "../parsing/malformed-packets.ts";
import type { RealtimeServer } from "../socket.ts";
import { createLatency, type Latency } from "./latency.ts";

/** WebSocket close code "Message Too Big" (RFC 6455 section 7.4.1). */
const tooBig = 1009;

/**
 * Packets of any kind that one connection may send for each allowed message: well above what the message limit accepts
 * as events.
 */
const packetsPerMessage = 4;

interface IoOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly traffic: TrafficCounters;
  /** Creates adapters that reach other nodes. */
  readonly createAdapter: AdapterFactory | undefined;
  /** Called when a connection sent more packets than any well-behaved client does, and is closed for it. */
  onFlood(conn: EngineSocket): void;
  /** Called when a connection is closed because its client does not read what is sent to it. */
  onOverflow(conn: EngineSocket): void;
  /** Called when a connection is closed because it sent what cannot be read. */
  onMalformed(conn: EngineSocket, refusal: Refusal): void;
}

interface Io {
  readonly io: RealtimeServer;
  readonly engine: EngineServer;
  readonly writeBatcher: WriteBatcher;
  readonly backpressure: Backpressure;
  readonly latency: Latency;
}

/**
 * Builds Socket.IO on an Engine.IO server that is attached to nothing: the engine guard passes requests to it.
 * Connection state recovery and WebTransport stay off (docs/decisions/0002): both bypass the guards.
 */
export function createSocketServer(options: IoOptions): Io {
  const { config, clock, log, traffic, createAdapter, onFlood, onOverflow, onMalformed } = options;
  const malformedPackets = createMalformedPackets(onMalformed);
  const backpressure = createBackpressure({ clock, maxBytes: config.maxBufferedBytes, onOverflow });
  const latency = createLatency(clock);
  const engine = new EngineServer({
    transports: [...config.transports],
    wsEngine: webSocketServer({ mayPing, onFault }),
    pingInterval: config.pingInterval * 1000,
    pingTimeout: config.pingTimeout * 1000,
    maxHttpBufferSize: config.maxHttpBufferSize,
    perMessageDeflate: false,
    httpCompression: false,
  });
  const fast = assertSupportedInternals(engine, log);
  const writeBatcher = createWriteBatcher({ traffic, backpressure, fast });
  const io: RealtimeServer = new Server({
    ...adapterOf(writeBatcher, fast),
    connectTimeout: config.connectTimeout * 1000,
    serveClient: false,
    parser: boundedParser({ maxEventBytes: config.maxEventSize, onFailed: malformedPackets.failed }),
  });
  const meters = createSymbolProperty<EngineSocket | WebSocket, WindowCounter>("packet meter");
  const packetLimit = { limit: config.messageBurst * packetsPerMessage, clock };

  engine.on("connection", (conn: EngineSocket) => {
    traffic.connectionsOpened += 1;
    forgetUpgrade(conn);
    overrideMethods(conn, { close: releaseAndClose, emit: watchAndEmit });
  });

  if (fast) joinFirstPackets(engine);
  io.bind(engine);
  return { io, engine, writeBatcher, backpressure, latency };

  function adapterOf(writeBatcher: WriteBatcher, fast: boolean): { adapter?: typeof Adapter } {
    if (fast && createAdapter === undefined) return { adapter: batchingAdapter(writeBatcher) };
    const adapter =
      fast && createAdapter !== undefined ? batchingClusterAdapter(createAdapter, writeBatcher) : createAdapter;
    return adapter === undefined ? {} : { adapter: asAdapterClass(adapter) };
  }

  // One function for all connections, with the connection as `this`: a closure for each would be kept as long as the
  // connection.

  /** Sees every event of a connection. Listeners would be four more objects to keep for each connection. */
  function watchAndEmit(this: EngineSocket, event: string, ...args: unknown[]): boolean {
    if (event === "packetCreate") beforePacket.call(this, args[0] as { type: string; data?: unknown });
    else if (event === "heartbeat") latency.answered(this);
    // A client that probes the WebSocket it wants to upgrade to sends no packets, and may continue to probe for ten
    // seconds.
    else if (event === "packet" || event === "upgrading") countPacket.call(this);
    if (event === "packet") malformedPackets.begin(this, args[0] as { type: string });
    const isHeard = EngineSocket.prototype.emit.call(this, event, ...args);
    if (event === "message") malformedPackets.end(this);
    return isHeard;
  }

  /** A packet takes the ordinary path: what was to be sent before it is sent first. */
  function beforePacket(this: EngineSocket, { type, data }: { type: string; data?: unknown }): void {
    traffic.deliveries += 1;
    if (type === "ping") latency.sent(this);
    writeBatcher.release(this);
    if (hasQueue(this)) backpressure.note(this, sizeOf(data));
  }

  function releaseAndClose(this: EngineSocket, discard?: boolean): void {
    writeBatcher.release(this);
    EngineSocket.prototype.close.call(this, discard);
  }

  /**
   * One polling body may carry a hundred thousand packets, acknowledgements among them, which Socket.IO shows to no
   * middleware. They are counted here, one by one, before they are parsed.
   */
  function countPacket(this: EngineSocket): void {
    if (!config.rateLimiting || isWithinLimit(this) || this.readyState !== "open") return;
    onFlood(this);
    this.close(true);
  }

  function isWithinLimit(sender: EngineSocket | WebSocket): boolean {
    let meter = meters.of(sender);
    if (meter === undefined) {
      meter = createWindowCounter(packetLimit);
      meters.put(sender, meter);
    }
    return meter.count();
  }

  /** A client that pings and does not read the answers is closed like one that does not read events. */
  function mayPing(socket: WebSocket): boolean {
    const reads = socket.bufferedAmount <= config.maxBufferedBytes;
    if (reads && (!config.rateLimiting || isWithinLimit(socket))) return true;
    const conn = connectionOn(engine, socket);
    if (conn !== undefined) (reads ? onFlood : onOverflow)(conn);
    socket.terminate();
    return false;
  }

  function onFault(socket: WebSocket, code: number): void {
    const conn = connectionOn(engine, socket);
    if (conn === undefined) return;
    const hint = `A WebSocket was closed for a frame that cannot be accepted (close code ${code}).`;
    onMalformed(conn, new Refusal(code === tooBig ? "payload_too_large" : "payload_invalid", { hint }));
  }
}
