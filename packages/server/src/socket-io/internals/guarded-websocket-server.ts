import { type ServerOptions, WebSocket, WebSocketServer } from "ws";

/** How long a WebSocket may take to say goodbye: `ws` waits 30 seconds, and keeps what was to be sent for as long. */
const closeTimeout = 2000;

/** `ws` would end a connection whose answers wait without a word to anybody: `mayPing` decides, and reports. */
const maxPendingAutoPongs = 0;

/** Close codes that say what was wrong with a frame (RFC 6455 section 7.4.1): protocol, text, policy, size. */
const faultCodes: ReadonlySet<number | undefined> = new Set([1002, 1007, 1008, 1009]);

/** Told what happens below Engine.IO, which hears nothing of it. */
interface WebSocketWatch {
  /** A client has sent a ping, which is answered if this is true. */
  mayPing(socket: WebSocket): boolean;
  /** `ws` closes a connection because of a frame that it cannot accept. */
  onFault(socket: WebSocket, code: number): void;
}

/**
 * The WebSocket server below Engine.IO, which passes no options on, and forgets a connection as soon as it begins to close
 * it. Pings and pongs of the WebSocket protocol itself are no packets: whoever sends nothing else, and does not read what
 * `ws` answers, would be counted by nobody.
 */
export function webSocketServer(watch: WebSocketWatch): typeof WebSocketServer {
  class WatchedWebSocket extends WebSocket {
    /** Called by `ws` alone, for each ping. */
    override pong(...answer: Parameters<WebSocket["pong"]>): void {
      // What has come in one piece with the ping that ended the connection is still read.
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
