import { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { Server } from "socket.io";
import type { Config } from "../config/settings.ts";
import { boundedParser } from "../limits/bounded-decoder.ts";
import { createPacketMeter, type PacketMeter } from "../limits/packet-meter.ts";
import type { Traffic } from "../metrics/traffic.ts";
import type { Clock } from "../ports.ts";
import { createSlot } from "../slot.ts";
import { type Backlogs, createBacklogs } from "./backlogs.ts";
import { ImpatientWebSocketServer } from "./cut-lingering.ts";
import { forgetUpgrade, hasQueue, joinFirstPackets, sizeOf } from "./engine-clients.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { roomAdapter } from "./room-adapter.ts";
import type { RealtimeServer } from "./socket.ts";

/** Frames of any kind that one connection may send: well above what the message limit lets through as events. */
const packetsPerMessage = 4;

interface IoOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Told when a connection sent more packets than any well-behaved client does, and is closed for it. */
  onFlood(conn: EngineSocket): void;
  /** Told when a connection is closed because its client does not read what is sent to it. */
  onOverflow(conn: EngineSocket): void;
}

interface Io {
  readonly io: RealtimeServer;
  readonly engine: EngineServer;
  readonly outbox: Outbox;
  readonly backlogs: Backlogs;
}

/**
 * Builds Socket.IO on an Engine.IO server that is attached to nothing: the door hands requests in.
 * Connection state recovery and WebTransport stay off (docs/decisions/0002): both walk past the guards.
 */
export function createIo({ config, clock, traffic, onFlood, onOverflow }: IoOptions): Io {
  const backlogs = createBacklogs({ clock, maxBytes: config.maxBufferedBytes, onOverflow });
  const outbox = createOutbox({ traffic, backlogs });
  const io: RealtimeServer = new Server({
    adapter: roomAdapter(outbox),
    connectTimeout: config.connectTimeout * 1000,
    serveClient: false,
    parser: boundedParser({ maxEventBytes: config.maxEventSize }),
  });
  const engine = new EngineServer({
    transports: [...config.transports],
    wsEngine: ImpatientWebSocketServer,
    pingInterval: config.pingInterval * 1000,
    pingTimeout: config.pingTimeout * 1000,
    maxHttpBufferSize: config.maxHttpBufferSize,
    perMessageDeflate: false,
    httpCompression: false,
  });
  const meters = createSlot<EngineSocket, PacketMeter>("packet meter");
  const packetLimit = { limit: config.messageBurst * packetsPerMessage, clock };

  engine.on("connection", (conn: EngineSocket) => {
    traffic.connectionsOpened += 1;
    forgetUpgrade(conn);
    conn.on("packetCreate", beforePacket);
    Object.assign(conn, { close: releaseAndClose });
    if (config.rateLimiting) conn.on("packet", countPacket);
  });

  joinFirstPackets(engine);
  io.bind(engine);
  return { io, engine, outbox, backlogs };

  // One function for all connections, which is `this`: a closure for each would be kept as long as the connection.

  /** A packet takes the ordinary path: what was to be sent before it goes first. */
  function beforePacket(this: EngineSocket, { data }: { data?: unknown }): void {
    traffic.deliveries += 1;
    outbox.release(this);
    if (hasQueue(this)) backlogs.note(this, sizeOf(data));
  }

  function releaseAndClose(this: EngineSocket, discard?: boolean): void {
    outbox.release(this);
    EngineSocket.prototype.close.call(this, discard);
  }

  /**
   * One polling body may carry a hundred thousand packets, acknowledgements among them, which Socket.IO shows to no
   * middleware: they are counted here, one by one, before they are parsed.
   */
  function countPacket(this: EngineSocket): void {
    let meter = meters.of(this);
    if (meter === undefined) {
      meter = createPacketMeter(packetLimit);
      meters.put(this, meter);
    }
    if (meter.count() || this.readyState !== "open") return;
    onFlood(this);
    this.close(true);
  }
}
