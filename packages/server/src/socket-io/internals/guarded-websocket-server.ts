import { type ServerOptions, WebSocket, WebSocketServer } from "ws";

/** How long the closing handshake of a WebSocket may take: `ws` waits 30 seconds, and keeps unsent data for as long. */
const closeTimeout = 2000;

/** `ws` would silently end a connection with pending answers: `mayPing` decides instead, and reports. */
const maxPendingAutoPongs = 0;

/** Close codes that say what was wrong with a frame (RFC 6455 section 7.4.1): protocol, text, policy, size. */
const faultCodes: ReadonlySet<number | undefined> = new Set([1002, 1007, 1008, 1009]);

/** Callbacks for events below Engine.IO, which does not receive them. */
interface WebSocketWatch {
  /** A client has sent a ping, which is answered if this returns true. */
  mayPing(socket: WebSocket): boolean;
  /** `ws` closes a connection because of a frame that it cannot accept. */
  onFault(socket: WebSocket, code: number): void;
}

/**
 * The WebSocket server below Engine.IO, which passes no options on, and forgets a connection as soon as it begins to
 * close it. Pings and pongs of the WebSocket protocol itself are no packets. A client that sends nothing else, and does
 * not read what `ws` answers, would not be counted.
 */
export function webSocketServer(watch: WebSocketWatch): typeof WebSocketServer {
  class WatchedWebSocket extends WebSocket {
    /** Called by `ws` alone, for each ping. */
    override pong(...answer: Parameters<WebSocket["pong"]>): void {
      // Data that arrived in one piece with the ping that ended the connection is still read.
      if (this.readyState === WebSocket.OPEN && watch.mayPing(this)) super.pong(...answer);
    }

    override close(code?: number, reason?: string | Buffer): void {
      if (code !== undefined && faultCodes.has(code) && this.readyState === WebSocket.OPEN) watch.onFault(this, code);
      super.close(code, reason);
    }
  }

  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({ ...options, closeTimeout, maxPendingAutoPongs, WebSocket: WatchedWebSocket } as ServerOptions);
    }
  } as typeof WebSocketServer;
}
