import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { ignoreErrors } from "./ignore-errors.ts";
import { ignoreUpgrade } from "./ignore-upgrade.ts";

/** What takes over the requests to some paths of a server. */
export interface FrontHandler {
  /** Whether this path is ours; everything else stays with the application. */
  owns(url: string | undefined, method: string | undefined): boolean;
  request(req: IncomingMessage, res: ServerResponse): void;
  /** Whether a WebSocket on this path is ours. */
  ownsUpgrade(url: string | undefined): boolean;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** What our paths are sent is small. Node would wait five minutes for a body of which a byte comes now and then. */
const bodyWithinMs = 10_000;

/**
 * Steps in front of an existing server: requests to our paths are ours, all others go to the listeners that were there,
 * in their order. Node gives every request to every listener, so the listeners have to be set aside while we are here;
 * the returned function puts them back.
 *
 * Listeners of `upgrade` stay where they are, since libraries add and remove theirs at any time: the event is taken
 * before it reaches them. One that refuses every path but its own (`new WebSocketServer({ server, path })` of `ws`) would
 * otherwise end our WebSockets. It gets all upgrades that are not ours; where there is none, they are ignored.
 */
export function installFront(httpServer: HttpServer | HttpsServer, handler: FrontHandler): () => void {
  const server = httpServer as HttpServer;
  const before = server.listeners("request") as ((req: IncomingMessage, res: ServerResponse) => void)[];
  const hadOwnEmit = Object.hasOwn(server, "emit");
  const { emit } = server;

  function onRequest(req: IncomingMessage, res: ServerResponse): void {
    if (handler.owns(req.url, req.method)) {
      limitBodyTime(req);
      return handler.request(req, res);
    }
    for (const listener of before) listener.call(server, req, res);
  }

  function emitOrUpgrade(event: string, ...args: unknown[]): boolean {
    if (event !== "upgrade") return Reflect.apply(emit, server, [event, ...args]);
    const [req, socket, head] = args as [IncomingMessage, Duplex, Buffer];
    if (isWebSocket(req) && handler.ownsUpgrade(req.url)) {
      // While guards are asked the socket has no other listener: a reset in that time would end the process.
      socket.on("error", ignoreErrors);
      handler.upgrade(req, socket, head);
    } else if (server.listenerCount("upgrade") === 1 || handler.owns(req.url, req.method)) {
      ignoreUpgrade(server, req, socket, head);
    } else {
      Reflect.apply(emit, server, [event, ...args]);
    }
    return true;
  }

  server.removeAllListeners("request");
  server.on("request", onRequest);
  // Node asks for upgrades only where something listens to them.
  server.on("upgrade", announceUpgrades);
  server.emit = emitOrUpgrade as typeof server.emit;

  return () => {
    server.off("request", onRequest);
    server.off("upgrade", announceUpgrades);
    if (hadOwnEmit) server.emit = emit;
    else Reflect.deleteProperty(server, "emit");
    for (const listener of before) server.on("request", listener);
  };
}

function announceUpgrades(): void {}

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket";

/** Ends the connection of a request whose body does not come, whether it is read, refused or answered already. */
function limitBodyTime(req: IncomingMessage): void {
  const { "content-length": length = "0", "transfer-encoding": encoding } = req.headers;
  if (length === "0" && encoding === undefined) return;
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, bodyWithinMs).unref();
  req.once("close", () => clearTimeout(timer));
}
