import type { Socket as EngineSocket } from "engine.io";
import { Refusal } from "../../core/refusal.ts";

/** Reports connections that are closed because of what they sent. */
export interface MalformedPackets {
  /** Call this for each packet before Engine.IO and Socket.IO look at it. */
  begin(conn: EngineSocket, packet: { type: string }): void;
  /** Call this after Socket.IO has looked at a message; what a handler does comes later. */
  end(conn: EngineSocket): void;
  /** Call this in the decoder, with the reason why it cannot read the current packet. */
  failed(error: unknown): void;
}

/**
 * A packet that is invalid, or comes out of turn, closes its connection: in Engine.IO, in the decoder, or in Socket.IO,
 * none of which reports it. Packets are read synchronously, one at a time, so the connection that was read last is the
 * one that failed.
 * @param onMalformed - called once for each connection
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
