import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { ignoreErrors } from "./ignore-errors.ts";
import { ignoreUpgrade } from "./ignore-upgrade.ts";
import { requestIdHeader } from "./request-id.ts";

/** Answers the requests to some paths of a server. */
export interface HttpEndpoint {
  /** Whether this path is the endpoint's; everything else stays with the application. */
  owns(url: string | undefined, method: string | undefined): boolean;
  request(req: IncomingMessage, res: ServerResponse): void;
  /** Takes the WebSockets on its paths; an endpoint without it takes none. */
  readonly webSockets?: {
    owns(url: string | undefined): boolean;
    upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  };
}

/**
 * Node since 22.21 and 24.9 asks the server for each request whether it upgrades. Before, each one upgraded as soon as
 * something listened to `upgrade`.
 */
interface UpgradeChoice {
  readonly shouldUpgradeCallback?: (this: HttpServer, req: IncomingMessage) => boolean;
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
export function interceptRequests(
  httpServer: HttpServer | HttpsServer,
  endpoints: readonly HttpEndpoint[],
  requestId: (req: IncomingMessage) => string,
): () => void {
  const server = httpServer as HttpServer;
  const before = server.listeners("request") as ((req: IncomingMessage, res: ServerResponse) => void)[];
  const ownEmit = Object.hasOwn(server, "emit") ? server.emit : undefined;
  const { shouldUpgradeCallback: mayUpgrade } = server as UpgradeChoice;
  let isInstalled = true;

  const endpointOf = ({ url, method }: IncomingMessage): HttpEndpoint | undefined =>
    endpoints.find((endpoint) => endpoint.owns(url, method));

  /** Whether a request with an Upgrade header that neither we nor the application take is answered as an ordinary one. */
  const isIgnored = (req: IncomingMessage): boolean =>
    server.listenerCount("upgrade") === 1 ||
    endpointOf(req) !== undefined ||
    asksForH2c.test(req.headers.upgrade ?? "");

  /** A body would be read as frames, or come before them: the request is answered as one that cannot be upgraded. */
  const webSocketsOf = (req: IncomingMessage): HttpEndpoint["webSockets"] => {
    if (!isWebSocket(req) || hasBody(req)) return undefined;
    return endpoints.find(({ webSockets }) => webSockets?.owns(req.url))?.webSockets;
  };

  /** As it would go without us: tracing may exchange the prototype's method at any time. */
  function passOn(...event: unknown[]): boolean {
    return Reflect.apply(ownEmit ?? Object.getPrototypeOf(server).emit, server, event);
  }

  function onRequest(req: IncomingMessage, res: ServerResponse): void {
    const endpoint = endpointOf(req);
    if (endpoint !== undefined) {
      limitBodyTime(req);
      res.setHeader(requestIdHeader, requestId(req));
      return endpoint.request(req, res);
    }
    for (const listener of before) listener.call(server, req, res);
  }

  function emitOrUpgrade(event: string, ...args: unknown[]): boolean {
    if (event !== "upgrade" || !isInstalled) return passOn(event, ...args);
    const [req, socket, head] = args as [IncomingMessage, Duplex, Buffer];
    const webSockets = webSocketsOf(req);
    if (webSockets !== undefined) {
      // While guards are asked the socket has no other listener: a reset in that time would end the process.
      socket.on("error", ignoreErrors);
      webSockets.upgrade(req, socket, head);
    } else if (isIgnored(req)) {
      ignoreUpgrade(server, req, socket, head);
    } else {
      passOn(event, ...args);
    }
    return true;
  }

  /** Node 26 keeps the body apart from what follows it, so such a request cannot be put together again. */
  function isUpgrade(this: HttpServer, req: IncomingMessage): boolean {
    if (!isInstalled) return mayUpgrade?.call(this, req) ?? false;
    if (webSocketsOf(req) !== undefined) return true;
    return isIgnored(req) ? !hasBody(req) : (mayUpgrade?.call(this, req) ?? false);
  }

  server.removeAllListeners("request");
  server.on("request", onRequest);
  // Node asks for upgrades only where something listens to them.
  server.on("upgrade", announceUpgrades);
  server.emit = emitOrUpgrade as typeof server.emit;
  if (mayUpgrade !== undefined) Object.assign(server, { shouldUpgradeCallback: isUpgrade });

  return () => {
    server.off("request", onRequest);
    server.off("upgrade", announceUpgrades);
    isInstalled = false;
    // Where a wrapper of another library is around ours, it stays, and ours passes everything on.
    if (server.emit === (emitOrUpgrade as typeof server.emit)) Reflect.deleteProperty(server, "emit");
    if (ownEmit !== undefined && !Object.hasOwn(server, "emit")) server.emit = ownEmit;
    if (mayUpgrade !== undefined && (server as UpgradeChoice).shouldUpgradeCallback === isUpgrade) {
      Object.assign(server, { shouldUpgradeCallback: mayUpgrade });
    }
    for (const listener of before) server.on("request", listener);
  };
}

function announceUpgrades(): void {}

/**
 * What Java's HTTP client and `curl --http2` ask of every server. It is obsolete (RFC 9113 section 3.1), and libraries
 * that listen for WebSockets refuse it or leave it without an answer.
 */
const asksForH2c = /^h2c$/i;

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket";

function hasBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  return length !== "0" || encoding !== undefined;
}

/** Ends the connection of a request whose body does not come, whether it is read, refused or answered already. */
function limitBodyTime(req: IncomingMessage): void {
  if (!hasBody(req)) return;
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, bodyWithinMs).unref();
  req.once("close", () => clearTimeout(timer));
}
