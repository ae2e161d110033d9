import type { RealtimeSocket } from "../edge/socket.ts";
import type { Clock } from "../ports.ts";
import { createPacketMeter, type PacketMeter } from "./packet-meter.ts";

/** Refusals in one second after which a connection is closed: nobody gets there by accident or by one burst. */
const maxRefusalsPerSecond = 50;

/** Refused handshakes of one connection after which it is closed. */
const maxRefusedHandshakes = 10;

/** Closes connections that go on sending what is refused. */
export interface Penalty {
  /** To be called for each refused event. */
  event(socket: RealtimeSocket): void;
  /** To be called for each handshake that a namespace refused. */
  handshake(socket: RealtimeSocket): void;
}

export function createPenalty(clock: Clock): Penalty {
  const events = new WeakMap<object, PacketMeter>();
  const handshakes = new WeakMap<object, number>();

  return {
    event(socket) {
      const { conn } = socket;
      const meter = events.get(conn) ?? createPacketMeter({ perSecond: maxRefusalsPerSecond, clock });
      events.set(conn, meter);
      if (!meter.count()) socket.disconnect(true);
    },
    handshake({ conn }) {
      const count = (handshakes.get(conn) ?? 0) + 1;
      handshakes.set(conn, count);
      // The tenth refusal is still delivered; what comes after it finds the connection closing.
      if (count >= maxRefusedHandshakes) setImmediate(() => conn.close());
    },
  };
}
