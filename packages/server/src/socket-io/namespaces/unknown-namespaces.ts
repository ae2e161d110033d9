import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { hasNamespace } from "../internals/socket-internals.ts";
import type { RealtimeServer } from "../socket.ts";

/** A CONNECT to another namespace than `/` (Socket.IO protocol 5): its name ends at the comma, or with the packet. */
const connectTo = /^0(\/[^,]*)/;

/**
 * Reports each CONNECT to a namespace that does not exist. Socket.IO answers it with "Invalid namespace" by itself, as
 * often as a client asks, and no code of ours would notice.
 */
export function watchUnknownNamespaces(
  engine: EngineServer,
  io: RealtimeServer,
  onUnknown: (conn: EngineSocket, name: string) => void,
): void {
  engine.on("connection", (conn: EngineSocket) => void conn.on("message", look));

  /** Runs after Socket.IO: what it cannot read has closed the connection, and is an offence of another kind. */
  function look(this: EngineSocket, data: unknown): void {
    if (typeof data !== "string" || !data.startsWith("0/")) return;
    const name = connectTo.exec(data)?.[1];
    if (name === undefined || hasNamespace(io, name) || this.readyState !== "open") return;
    // Older clients put the query of their URL here, which may contain tokens: it must not be logged.
    onUnknown(this, name.replace(/\?.*/s, "?…"));
  }
}
