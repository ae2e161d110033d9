import type { Socket as EngineSocket } from "engine.io";
import { Refusal } from "../../core/refusal.ts";

/** Notices connections that are closed because of what they sent. */
export interface MalformedPackets {
  /** Call this for each packet before Engine.IO and Socket.IO look at it. */
  begin(conn: EngineSocket, packet: { type: string }): void;
  /** Call this after Socket.IO has looked at a message; what a handler does comes later. */
  end(conn: EngineSocket): void;
  /** Call this by the decoder, with why it cannot read the packet that has just come. */
  failed(error: unknown): void;
}

/**
 * A packet that is none, or comes out of turn, closes its connection: in Engine.IO, in the decoder, or in Socket.IO, which
 * all do so without a word. Packets are read one at a time and at once, so whose was read last is whose failed.
 * @param onMalformed - told once of each connection
 */
export function createMalformedPackets(onMalformed: (conn: EngineSocket, refusal: Refusal) => void): MalformedPackets {
  let reading: EngineSocket | undefined;
  let cause: unknown;

  return {
    begin(conn, { type }) {
      reading = undefined;
      if (conn.readyState !== "open") return;
      if (type === "error") return onMalformed(conn, malformed("It is no packet of Engine.IO protocol 4."));
      if (type === "ping") return onMalformed(conn, malformed("A heartbeat begins with the server."));
      if (type !== "message") return;
      reading = conn;
      cause = undefined;
    },
    end(conn) {
      if (reading !== conn) return;
      reading = undefined;
      if (conn.readyState === "open") return;
      const refusal = cause instanceof Refusal ? cause : malformed(cause instanceof Error ? cause.message : outOfTurn);
      onMalformed(conn, refusal);
    },
    failed(error) {
      cause = error;
    },
  };
}

const outOfTurn = "It does not belong here: its namespace is not joined, or has been already.";

const malformed = (why: string): Refusal =>
  new Refusal("payload_invalid", { hint: `A connection was closed for a packet that cannot be read. ${why}` });
