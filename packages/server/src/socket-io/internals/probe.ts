import { EventEmitter } from "node:events";
import { Duplex } from "node:stream";
import { type Server as EngineServer, Socket as EngineSocket, Transport, transports } from "engine.io";
import { Server, Socket } from "socket.io";
import { Adapter } from "socket.io-adapter";
import { WebSocket, type WebSocketServer } from "ws";

/** Private members of a dependency, which no type declares. */
// biome-ignore lint/suspicious/noExplicitAny: whether it is there, and what it is, is what is being found out
type Inside = any;

/** A transport that is connected to nothing. */
class ProbeTransport extends Transport {
  get name(): string {
    return "websocket";
  }
  send(): void {}
  doClose(done?: () => void): void {
    done?.();
  }
}

const request = (fields: object = {}): Inside =>
  Object.assign(new EventEmitter(), { _query: { EIO: "4" }, headers: {}, url: "/", connection: {}, ...fields });

/** A masked ping (RFC 6455 section 5.2) without a payload. */
const pingFrame = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);

/**
 * Instances of the classes of Socket.IO, Engine.IO and `ws`, on no network: what an instance does shows whether a
 * member behaves as expected. Each is made when it is first asked for; what cannot be made throws there.
 */
export interface Probe {
  readonly engine: Inside;
  engineSocket(): { conn: Inside; events: readonly string[] };
  polling(): Inside;
  webSocketTransport(): { transport: Inside; webSocket: Inside; frames: unknown[] };
  socketIo(): { io: Inside; client: Inside; socket: Inside };
  adapter(): Inside;
  /** How many pings a WebSocket of this server's class has answered by its own `pong`. */
  pongs(): number;
  close(): void;
}

/** @param engine - the server's own, which has no connections yet */
export function createProbe(engine: EngineServer): Probe {
  const leftovers: (() => void)[] = [];

  function engineSocket() {
    const events: string[] = [];
    const transport = new ProbeTransport(request());
    const conn: Inside = new EngineSocket("probe", engine as Inside, transport, request(), 4);
    leftovers.push(() => conn.close(true));
    conn.emit = (event: string, ...args: unknown[]) => {
      events.push(event);
      return EngineSocket.prototype.emit.call(conn, event, ...args);
    };
    return { conn, events };
  }

  function polling() {
    const Polling = transports.polling as unknown as new (req: unknown, opts: object) => Inside;
    return new Polling(request(), { httpRequestBodyTimeout: 1000, maxHttpBufferSize: 1 });
  }

  function webSocketTransport() {
    const frames: unknown[] = [];
    const _sender = { sendFrame: (frame: unknown) => frames.push(frame) };
    const webSocket = Object.assign(new EventEmitter(), { _sender, send() {}, close() {} });
    const WebSocketTransport = transports.websocket as unknown as new (req: unknown, opts: object) => Inside;
    return { transport: new WebSocketTransport(request({ websocket: webSocket }), {}), webSocket, frames };
  }

  function socketIo() {
    const io: Inside = new Server({ connectTimeout: 1, serveClient: false });
    const { conn } = engineSocket();
    let client: Inside;
    io.of("/")._add = (entering: Inside, _auth: unknown, enter: (socket: object) => void) => {
      client = entering;
      enter({ id: "probe", _onclose() {} });
    };
    io.onconnection(conn);
    conn.onPacket({ type: "message", data: "0" });
    const socket: Inside = new Socket(io.of("/"), client, {});
    return { io, client, socket };
  }

  function adapter() {
    const nsp = { sockets: new Map(), server: { encoder: { encode: () => ["2[]"] } } };
    return new Adapter(nsp);
  }

  function pongs(): number {
    const { WebSocket: Watched } = ((engine as Inside).ws as WebSocketServer).options as Inside;
    let answered = 0;
    const webSocket: Inside = new Watched(null, undefined, { ...(engine as Inside).ws.options });
    webSocket.pong = () => {
      answered += 1;
    };
    const stream: Inside = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    Object.assign(stream, { setTimeout() {}, setNoDelay() {} });
    webSocket.setSocket(stream, Buffer.alloc(0), { maxPayload: 1000, skipUTF8Validation: false });
    stream.emit("data", pingFrame);
    leftovers.push(() => webSocket.terminate());
    return webSocket instanceof WebSocket ? answered : 0;
  }

  return {
    ...{ engine, engineSocket, polling, webSocketTransport, socketIo, adapter, pongs },
    close() {
      for (const end of leftovers) end();
    },
  };
}

/** A request of an Engine.IO transport, whose answer is dropped. */
export const probeRequest = (method: "GET" | "POST"): object =>
  request({ method, res: { writeHead: () => ({ end() {} }), end() {}, setHeader() {}, on() {}, once() {} } });
