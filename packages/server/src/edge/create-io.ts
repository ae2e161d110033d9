import { Server as EngineServer, type Socket as EngineSocket } from "engine.io";
import { Server } from "socket.io";
import type { Config } from "../config/settings.ts";
import { boundedParser } from "../limits/bounded-decoder.ts";
import { createPacketMeter } from "../limits/packet-meter.ts";
import type { Traffic } from "../metrics/traffic.ts";
import type { Clock } from "../ports.ts";
import type { RealtimeServer } from "./socket.ts";

/** Frames of any kind that one connection may send: well above what the message limit lets through as events. */
const packetsPerMessage = 4;

interface IoOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Told when a connection sent more packets than any well-behaved client does, and is closed for it. */
  onFlood(conn: EngineSocket): void;
}

/**
 * Builds Socket.IO on an Engine.IO server that is attached to nothing: the door hands requests in.
 * Connection state recovery and WebTransport stay off (docs/decisions/0002): both walk past the guards.
 */
export function createIo(options: IoOptions): { io: RealtimeServer; engine: EngineServer } {
  const { config, clock, traffic } = options;
  const io: RealtimeServer = new Server({
    connectTimeout: config.connectTimeout * 1000,
    serveClient: false,
    parser: boundedParser({ maxEventBytes: config.maxEventSize }),
  });
  const engine = new EngineServer({
    transports: [...config.transports],
    pingInterval: config.pingInterval * 1000,
    pingTimeout: config.pingTimeout * 1000,
    maxHttpBufferSize: config.maxHttpBufferSize,
    perMessageDeflate: false,
    httpCompression: false,
  });

  engine.on("connection", (conn: EngineSocket) => {
    traffic.connectionsOpened += 1;
    conn.once("close", () => {
      traffic.connectionsClosed += 1;
    });
    conn.on("packetCreate", () => {
      traffic.deliveries += 1;
    });
    if (!config.rateLimiting) return;
    // One polling body may carry a hundred thousand packets, acknowledgements among them, which Socket.IO shows to
    // no middleware: they are counted here, one by one, before they are parsed.
    const meter = createPacketMeter({ limit: config.messageBurst * packetsPerMessage, clock });
    conn.on("packet", () => {
      if (meter.count() || conn.readyState !== "open") return;
      options.onFlood(conn);
      conn.close(true);
    });
  });

  io.bind(engine);
  return { io, engine };
}
