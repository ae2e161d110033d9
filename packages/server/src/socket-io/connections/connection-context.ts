import type { IncomingMessage } from "node:http";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { createSymbolProperty } from "../../core/symbol-property.ts";
import type { SessionHandle, SessionLookup } from "../../sessions/session-lookup.ts";
import { releaseRequest } from "../internals/socket-internals.ts";
import type { RealtimeSocket } from "../socket.ts";

/** What is remembered of the request that opened a connection. */
interface ConnectionContext {
  readonly ip: string;
  readonly requestId: string;
  readonly origin: string | undefined;
  /** The session that its headers presented; undefined when there was no credential. */
  readonly handle: SessionHandle | undefined;
  /** The first user who was signed in over it: what the connection does outside any namespace counts for that user. */
  userId?: string;
}

export interface ConnectionContexts {
  of(conn: EngineSocket): ConnectionContext;
  /**
   * Releases the request that opened the socket's connection, and what the socket keeps of its handshake. Call this
   * when all listeners have read them.
   */
  release(socket: RealtimeSocket): void;
}

interface ConnectionContextOptions {
  readonly engine: EngineServer;
  readonly lookup: Pick<SessionLookup, "locate">;
  clientAddress(req: IncomingMessage): string;
  requestId(req: IncomingMessage): string;
}

/** A flat copy: a text that was joined from pieces takes several times its length, for as long as it is kept. */
const flat = (text: string): string => Buffer.from(text).toString();

/**
 * Knows who opened each connection, after the request itself is released: with its headers and cookies the request
 * takes more memory than all that is needed of it.
 */
export function createConnectionContexts({
  engine,
  lookup,
  clientAddress,
  requestId,
}: ConnectionContextOptions): ConnectionContexts {
  const contexts = createSymbolProperty<EngineSocket, ConnectionContext>("caller");

  engine.on("connection", (conn: EngineSocket) => {
    const req = conn.request;
    contexts.put(conn, {
      ip: clientAddress(req),
      requestId: flat(requestId(req)),
      origin: req.headers.origin,
      handle: locate(req),
    });
  });

  /** A source that fails here fails again when the session is looked up, which refuses the connection. */
  function locate({ headers }: IncomingMessage): SessionHandle | undefined {
    try {
      return lookup.locate({ headers });
    } catch {
      return undefined;
    }
  }

  return {
    of(conn) {
      const context = contexts.of(conn);
      if (context === undefined) throw new TypeError("The connection was not opened on this server.");
      return context;
    },
    release: releaseRequest,
  };
}
