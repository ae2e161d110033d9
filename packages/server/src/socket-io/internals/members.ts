import { Socket as SocketIoSocket } from "socket.io";
import { ClusterAdapter } from "socket.io-adapter";
import { type Probe, probeRequest } from "./probe.ts";
import type { SupportedPackage } from "./supported-versions.ts";

/** A private member of a dependency, and the behaviour that Signalbox relies on. */
export interface Member {
  readonly name: string;
  readonly of: SupportedPackage;
  readonly usedBy: string;
  /**
   * A guard would fail open without it. Without a member that only speed relies on, Socket.IO's ordinary path is taken.
   */
  readonly for: "guard" | "speed";
  /** Whether it behaves as expected; throwing means no. */
  works(probe: Probe): boolean;
}

const emits = (probe: Probe, type: string, event: string): boolean => {
  const { conn, events } = probe.engineSocket();
  conn.onPacket({ type, data: "" });
  return events.includes(event);
};

/** Without WebSocket among SOCKETIO_TRANSPORTS Engine.IO makes no server for it. */
const hasWebSocket = ({ opts }: Probe["engine"]): boolean => opts.transports.includes("websocket");

const isPlainObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !(value instanceof Map) && Object.keys(value).length === 0;

const hasMethod = ({ prototype }: { readonly prototype: object }, name: string): boolean =>
  typeof (prototype as Record<string, unknown>)[name] === "function";

export const members: readonly Member[] = [
  // Engine.IO.
  {
    ...{ name: "Server.clients", of: "engine.io", for: "guard" },
    usedBy: "socket-io/internals/engine-clients.ts: whose connection a `sid` is, and closing all",
    works: ({ engine }) => isPlainObject(engine.clients),
  },
  {
    ...{ name: "Server.prepare() keeps req._query", of: "engine.io", for: "guard" },
    usedBy: "socket-io/internals/engine-clients.ts: Engine.IO must not read another `sid` than was judged",
    works({ engine }) {
      const req = { _query: { EIO: "4" }, url: "/?sid=other" };
      engine.prepare(req);
      return Object.keys(req._query).join() === "EIO";
    },
  },
  {
    ...{ name: "Server.ws.options", of: "engine.io", for: "guard" },
    usedBy:
      "socket-io/internals/guarded-websocket-server.ts: pings are counted, frames that cannot be accepted are reported",
    works({ engine }) {
      if (!hasWebSocket(engine)) return true;
      const { closeTimeout, maxPendingAutoPongs, WebSocket } = engine.ws.options;
      return closeTimeout === 2000 && maxPendingAutoPongs === 0 && typeof WebSocket.prototype.close === "function";
    },
  },
  {
    ...{ name: 'Socket emits "packet"', of: "engine.io", for: "guard" },
    usedBy: "socket-io/connections/create-server.ts: the limit of packets, and socket-io/parsing/malformed-packets.ts",
    works: (probe) => emits(probe, "message", "packet"),
  },
  {
    ...{ name: 'Socket emits "message"', of: "engine.io", for: "guard" },
    usedBy: "socket-io/parsing/malformed-packets.ts, socket-io/namespaces/unknown-namespaces.ts",
    works: (probe) => emits(probe, "message", "message"),
  },
  {
    ...{ name: 'Socket emits "packetCreate"', of: "engine.io", for: "guard" },
    usedBy: "socket-io/connections/create-server.ts: order and backpressure",
    works(probe) {
      const { conn, events } = probe.engineSocket();
      conn.write("x");
      return events.includes("packetCreate");
    },
  },
  {
    ...{ name: "Socket.writeBuffer", of: "engine.io", for: "guard" },
    usedBy: "socket-io/delivery/backpressure.ts: what waits for a client that does not read",
    works(probe) {
      const { conn } = probe.engineSocket();
      conn.transport.writable = false;
      conn.writeBuffer.length = 0;
      conn.write("waits");
      return conn.writeBuffer.length === 1 && conn.writeBuffer[0].data === "waits";
    },
  },
  {
    ...{ name: "Socket.request", of: "engine.io", for: "guard" },
    usedBy: "socket-io/connections/connection-context.ts: address, origin and session of a connection",
    works: (probe) => probe.engineSocket().conn.request.headers !== undefined,
  },
  {
    ...{ name: "polling: Transport.req", of: "engine.io", for: "guard" },
    usedBy: "socket-io/connections/engine-guard.ts: a second GET would end the connection of another client",
    works(probe) {
      const transport = probe.polling();
      const req = probeRequest("GET");
      transport.onRequest(req);
      return transport.req === req;
    },
  },
  {
    ...{ name: "polling: Transport.dataReq", of: "engine.io", for: "guard" },
    usedBy: "socket-io/connections/engine-guard.ts: a second POST would end the connection of another client",
    works(probe) {
      const transport = probe.polling();
      transport.on("error", () => {});
      const req = probeRequest("POST") as NodeJS.EventEmitter;
      transport.onRequest(req);
      const isKept = transport.dataReq === req;
      req.emit("close");
      return isKept;
    },
  },
  {
    ...{ name: "Transport.onClose()", of: "engine.io", for: "guard" },
    usedBy: "socket-io/internals/engine-clients.ts: closing a polling connection so that its client comes back",
    works(probe) {
      const transport = probe.polling();
      let closed = false;
      transport.once("close", () => {
        closed = true;
      });
      transport.onClose();
      return closed;
    },
  },
  {
    ...{ name: "websocket: Transport.socket", of: "engine.io", for: "guard" },
    usedBy: "socket-io/internals/engine-clients.ts: what waits on a WebSocket, and cutting it off",
    works(probe) {
      const { transport, webSocket } = probe.webSocketTransport();
      return transport.socket === webSocket;
    },
  },
  {
    ...{ name: "Server.middlewares", of: "engine.io", for: "speed" },
    usedBy: "socket-io/internals/engine-clients.ts: letting go of the request of an upgrade",
    works: ({ engine }) => Array.isArray(engine.middlewares),
  },
  {
    ...{ name: "wsPreEncodedFrame", of: "engine.io", for: "speed" },
    usedBy: "socket-io/delivery/write-batcher.ts: frames that are encoded once for all connections",
    works(probe) {
      const { transport, frames } = probe.webSocketTransport();
      const frame = [Buffer.from("x")];
      transport.send([{ type: "message", data: "x", options: { wsPreEncodedFrame: frame } }]);
      return frames[0] === frame;
    },
  },
  // Socket.IO.
  {
    ...{ name: "Server._nsps", of: "socket.io", for: "guard" },
    usedBy: "socket-io/internals/socket-internals.ts: whether a namespace exists",
    works: (probe) => probe.socketIo().io._nsps.has("/"),
  },
  {
    ...{ name: "Client.nsps", of: "socket.io", for: "guard" },
    usedBy: "socket-io/internals/socket-internals.ts: one socket for each namespace of a connection",
    works: (probe) => probe.socketIo().client.nsps.has("/"),
  },
  {
    ...{ name: "Socket.fns", of: "socket.io", for: "guard" },
    usedBy: "socket-io/internals/socket-internals.ts: every event passes the dispatcher",
    works(probe) {
      const { socket } = probe.socketIo();
      if (!Array.isArray(socket.fns)) return false;
      let asked = false;
      socket.fns = [
        () => {
          asked = true;
        },
      ];
      socket.run(["event"], () => {});
      return asked;
    },
  },
  {
    ...{ name: "Socket._cleanup()", of: "socket.io", for: "guard" },
    usedBy: "socket-io/internals/socket-internals.ts: forgetting a socket that is not admitted",
    works: () => typeof SocketIoSocket.prototype._cleanup === "function",
  },
  // The adapter.
  {
    ...{ name: "Adapter.encoder", of: "socket.io-adapter", for: "speed" },
    usedBy: "socket-io/internals/adapter-internals.ts: a broadcast is encoded once",
    works: (probe) => probe.adapter().encoder.encode({}).length === 1,
  },
  {
    ...{ name: "Adapter.apply()", of: "socket.io-adapter", for: "speed" },
    usedBy: "socket-io/internals/adapter-internals.ts: the members of rooms",
    works(probe) {
      const adapter = probe.adapter();
      const member = {};
      adapter.nsp.sockets.set("id", member);
      adapter.addAll("id", new Set(["room"]));
      const found: object[] = [];
      adapter.apply({ rooms: new Set(["room"]), except: new Set() }, (each: object) => found.push(each));
      return found[0] === member;
    },
  },
  {
    ...{ name: "ClusterAdapter.publishAndReturnOffset()", of: "socket.io-adapter", for: "speed" },
    usedBy: "socket-io/internals/adapter-internals.ts: what concerns this node does not wait for Redis",
    works: () => hasMethod(ClusterAdapter, "publishAndReturnOffset"),
  },
  {
    ...{ name: "ClusterAdapter.onMessage()", of: "socket.io-adapter", for: "speed" },
    usedBy: "socket-io/internals/adapter-internals.ts: broadcasts of other nodes leave through the write batcher",
    works: () => hasMethod(ClusterAdapter, "onMessage"),
  },
  // ws.
  {
    ...{ name: "WebSocket.pong() answers pings", of: "ws", for: "guard" },
    usedBy: "socket-io/internals/guarded-websocket-server.ts: pings are counted",
    works: (probe) => !hasWebSocket(probe.engine) || probe.pongs() === 1,
  },
];
