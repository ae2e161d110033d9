import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { Refusal } from "../refusal.ts";

/** Notices connections that are closed because of what they sent. */
export interface MalformedPackets {
  /** To be called before Socket.IO is bound to the engine. */
  watch(engine: EngineServer): void;
  /** To be called by the decoder, with why it cannot read the packet that has just come. */
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

  /** Before Engine.IO and Socket.IO look at the packet. */
  function begin(this: EngineSocket, { type }: { type: string }): void {
    reading = undefined;
    if (this.readyState !== "open") return;
    if (type === "error") return onMalformed(this, malformed("It is no packet of Engine.IO protocol 4."));
    if (type === "ping") return onMalformed(this, malformed("A heartbeat begins with the server."));
    if (type !== "message") return;
    reading = this;
    cause = undefined;
  }

  /** After Socket.IO has looked at it; what a handler does comes later. */
  function end(this: EngineSocket): void {
    if (reading !== this) return;
    reading = undefined;
    if (this.readyState === "open") return;
    onMalformed(this, cause instanceof Refusal ? cause : malformed(cause instanceof Error ? cause.message : outOfTurn));
  }

  return {
    watch(engine) {
      engine.on("connection", (conn: EngineSocket) => {
        conn.on("packet", begin);
        conn.on("message", end);
      });
    },
    failed(error) {
      cause = error;
    },
  };
}

const outOfTurn = "It does not belong here: its namespace is not joined, or has been already.";

const malformed = (why: string): Refusal =>
  new Refusal("payload_invalid", { hint: `A connection was closed for a packet that cannot be read. ${why}` });
