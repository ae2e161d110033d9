import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";

/** What takes over the requests to some paths of a server. */
export interface FrontHandler {
  /** Whether this path is ours; everything else stays with the application. */
  owns(url: string | undefined, method: string | undefined): boolean;
  request(req: IncomingMessage, res: ServerResponse): void;
  /** Whether an upgrade to this path is ours. */
  ownsUpgrade(url: string | undefined): boolean;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** An upgrade that nobody answers would stay open for good: Node leaves it to its listeners. */
const unclaimedUpgradeMs = 1000;

/** What our paths are sent is small. Node would wait five minutes for a body of which a byte comes now and then. */
const bodyWithinMs = 10_000;

/**
 * Steps in front of an existing server: requests to our paths are ours, all others go to the listeners that were there,
 * in their order. Node gives every request to every listener, so the listeners have to be set aside while we are here;
 * the returned function puts them back.
 */
export function installFront(httpServer: HttpServer | HttpsServer, handler: FrontHandler): () => void {
  const server = httpServer as HttpServer;
  const before = server.listeners("request") as ((req: IncomingMessage, res: ServerResponse) => void)[];

  function onRequest(req: IncomingMessage, res: ServerResponse): void {
    if (handler.owns(req.url, req.method)) {
      limitBodyTime(req);
      return handler.request(req, res);
    }
    for (const listener of before) listener.call(server, req, res);
  }

  function onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (handler.ownsUpgrade(req.url)) {
      // While guards are asked the socket has no other listener: a reset in that time would end the process.
      socket.on("error", ignoreErrors);
      return handler.upgrade(req, socket, head);
    }
    if (server.listenerCount("upgrade") > 1) return;
    socket.on("error", ignoreErrors);
    setTimeout(() => socket.destroy(), unclaimedUpgradeMs).unref();
  }

  server.removeAllListeners("request");
  server.on("request", onRequest);
  server.on("upgrade", onUpgrade);

  return () => {
    server.off("request", onRequest);
    server.off("upgrade", onUpgrade);
    for (const listener of before) server.on("request", listener);
  };
}

/** Ends the connection of a request whose body does not come, whether it is read, refused or answered already. */
function limitBodyTime(req: IncomingMessage): void {
  const { "content-length": length = "0", "transfer-encoding": encoding } = req.headers;
  if (length === "0" && encoding === undefined) return;
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, bodyWithinMs).unref();
  req.once("close", () => clearTimeout(timer));
}

/**
 * Listens for errors of a socket that nobody else listens to yet. Whoever takes the socket over, with listeners of their
 * own, takes this one away.
 */
export function ignoreErrors(): void {}
