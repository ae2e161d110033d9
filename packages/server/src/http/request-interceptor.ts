import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { ignoreErrors } from "./ignore-errors.ts";
import { ignoreUpgrade } from "./ignore-upgrade.ts";
import { requestIdHeader } from "./request-id.ts";

/** Answers the requests to some paths of a server. */
export interface HttpEndpoint {
  /** Whether the endpoint handles this path; the application handles all others. */
  owns(url: string | undefined, method: string | undefined): boolean;
  request(req: IncomingMessage, res: ServerResponse): void;
  /** Handles WebSocket upgrades on the endpoint's paths; an endpoint without it accepts none. */
  readonly webSockets?: {
    owns(url: string | undefined): boolean;
    upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  };
}

/**
 * Since 22.21 and 24.9, Node asks the server for each request whether to upgrade it. Earlier versions upgrade every
 * request that asks for it as soon as `upgrade` has a listener.
 */
interface UpgradeChoice {
  readonly shouldUpgradeCallback?: (this: HttpServer, req: IncomingMessage) => boolean;
}

/** Bodies on the paths of Signalbox are small. Node would wait five minutes for a body that arrives byte by byte. */
const bodyWithinMs = 10_000;

/**
 * Intercepts the requests of an existing server. The endpoints receive requests to their paths; the existing listeners
 * receive all others, in their order. Node passes every request to every listener, so the interceptor removes the
 * existing listeners; the returned function restores them.
 *
 * Listeners of `upgrade` stay registered, because libraries add and remove theirs at any time. The interceptor takes
 * the event before it reaches them. Otherwise a listener that refuses every path but its own, such as that of
 * `new WebSocketServer({ server, path })` of `ws`, would end the WebSockets of Signalbox. The listeners receive all
 * other upgrades; without a listener, the upgrade is ignored.
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

  /** Whether an upgrade that neither Signalbox nor the application accepts is answered as an ordinary request. */
  const isIgnored = (req: IncomingMessage): boolean =>
    server.listenerCount("upgrade") === 1 ||
    endpointOf(req) !== undefined ||
    asksForH2c.test(req.headers.upgrade ?? "");

  /** A request with a body is answered without an upgrade: the body would be read as frames, or precede them. */
  const webSocketsOf = (req: IncomingMessage): HttpEndpoint["webSockets"] => {
    if (!isWebSocket(req) || hasBody(req)) return undefined;
    return endpoints.find(({ webSockets }) => webSockets?.owns(req.url))?.webSockets;
  };

  /** Emits as without the interceptor. Tracing may replace the prototype's method at any time. */
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
      // While the guards run, the socket has no other error listener: a reset in that time would end the process.
      socket.on("error", ignoreErrors);
      webSockets.upgrade(req, socket, head);
    } else if (isIgnored(req)) {
      ignoreUpgrade(server, req, socket, head);
    } else {
      passOn(event, ...args);
    }
    return true;
  }

  /** Node 26 separates the body from the following bytes, so `ignoreUpgrade` cannot restore a request with a body. */
  function isUpgrade(this: HttpServer, req: IncomingMessage): boolean {
    if (!isInstalled) return mayUpgrade?.call(this, req) ?? false;
    if (webSocketsOf(req) !== undefined) return true;
    return isIgnored(req) ? !hasBody(req) : (mayUpgrade?.call(this, req) ?? false);
  }

  server.removeAllListeners("request");
  server.on("request", onRequest);
  // Node handles upgrades only if `upgrade` has a listener.
  server.on("upgrade", announceUpgrades);
  server.emit = emitOrUpgrade as typeof server.emit;
  if (mayUpgrade !== undefined) Object.assign(server, { shouldUpgradeCallback: isUpgrade });

  return () => {
    server.off("request", onRequest);
    server.off("upgrade", announceUpgrades);
    isInstalled = false;
    // If another library has wrapped this `emit`, its wrapper stays, and this one passes all events on.
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
 * The upgrade that Java's HTTP client and `curl --http2` request from every server. It is obsolete (RFC 9113 section
 * 3.1), and libraries that listen for WebSockets refuse it or do not answer.
 */
const asksForH2c = /^h2c$/i;

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket";

function hasBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  return length !== "0" || encoding !== undefined;
}

/** Closes the connection of a request whose body does not arrive in time, whether it is read, refused or answered. */
function limitBodyTime(req: IncomingMessage): void {
  if (!hasBody(req)) return;
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, bodyWithinMs).unref();
  req.once("close", () => clearTimeout(timer));
}
