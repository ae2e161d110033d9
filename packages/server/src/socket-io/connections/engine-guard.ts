import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { SecurityEventType } from "@signalbox/protocol";
import type { Server as EngineServer } from "engine.io";
import type { Config } from "../../config/settings.ts";
import { Refusal, toRefusal } from "../../core/refusal.ts";
import { requestIdHeader } from "../../http/request-id.ts";
import { parseQuery, type Query } from "../../http/request-url.ts";
import { refuseMethod, refuseUpgrade, sendRefusal } from "../../http/respond.ts";
import type { RateLimits } from "../../limits/rate-limits.ts";
import type { OriginGuard } from "../../origin/origin-guard.ts";
import type { SessionLookup } from "../../sessions/session-lookup.ts";
import { clientOf, isPolling, keepQuery, upgradeLeanly } from "../internals/engine-clients.ts";
import type { ConnectionContexts } from "./connection-context.ts";

/** How long clients wait before they retry when the server is full. */
const fullRetryMs = 5000;

interface EngineGuardOptions {
  readonly engine: EngineServer;
  readonly config: Config;
  readonly exposeHints: boolean;
  readonly originGuard: OriginGuard;
  readonly limits: RateLimits;
  readonly lookup: SessionLookup;
  readonly contexts: ConnectionContexts;
  clientAddress(req: IncomingMessage): string;
  requestId(req: IncomingMessage): string;
  /** Throws `server_draining` while the server closes. */
  requireOpen(): void;
  /** Called for every refusal but those of the origin guard, which reports its own. */
  onRefused(req: IncomingMessage, refusal: Refusal, type?: SecurityEventType): void;
  onFault(req: IncomingMessage, error: unknown): void;
}

export interface EngineGuard {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * Guards the Engine.IO endpoint. Socket.IO's own `allowRequest` sees only requests without `sid`, so a client that
 * knows a `sid` bypasses it: from any site, with or without a cookie. Here every request passes the same guards, in
 * this order: origin, method, body, query, protocol. A new connection then passes draining, capacity and address limit.
 * For a known `sid`, the guard checks that it was opened with the session that is now presented, and is not in the
 * middle of the same request.
 */
export function createEngineGuard(options: EngineGuardOptions): EngineGuard {
  const { engine, config, originGuard, limits, lookup, contexts } = options;

  /**
   * Continues at once unless the limit is shared with other nodes: another request with the same `sid` could arrive in
   * between. Only requests without a `sid` wait.
   */
  function admit(
    req: IncomingMessage,
    enter: (sid: string | undefined) => void,
    refuse: (error: unknown) => void,
  ): void {
    try {
      const sid = judge(req);
      const limited = sid === undefined ? limits.connectFromAddress(options.clientAddress(req)) : undefined;
      if (limited === undefined) return enter(sid);
      // A client that has disconnected meanwhile is neither admitted nor answered.
      req.socket.on("error", () => {});
      limited.then(() => req.socket.destroyed || enter(sid)).catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** @returns the `sid` of a connection that continues */
  function judge(req: IncomingMessage): string | undefined {
    requireText(req);
    const query = parseQuery(req.url);
    keepQuery(req, query);
    requireProtocol(query);
    const { sid } = query;
    if (sid === undefined) requireRoom();
    else requireOwner(sid, req);
    return sid;
  }

  function requireRoom(): void {
    options.requireOpen();
    if (engine.clientsCount >= config.maxConnections) {
      throw new Refusal("server_full", {
        retryAfterMs: fullRetryMs,
        hint: `SOCKETIO_MAX_CONNECTIONS is ${config.maxConnections}.`,
      });
    }
  }

  /**
   * A connection that was opened with a session continues with that session only. One that was opened without (a bearer
   * token comes later, in CONNECT) is known by its `sid` alone, which is random and secret. Engine.IO answers an
   * unknown `sid`.
   */
  function requireOwner(sid: string, req: IncomingMessage): void {
    const conn = clientOf(engine, sid);
    const owner = conn === undefined ? undefined : contexts.of(conn).handle;
    if (owner === undefined) return;
    if (lookup.locate({ headers: req.headers })?.key !== owner.key) {
      throw new Refusal("forbidden", { hint: "This `sid` was opened with another session than the one presented." });
    }
  }

  /**
   * Engine.IO ends a connection whose client polls twice at a time. Where the `sid` is all that is known of its owner,
   * one GET by another client would be enough to end it. Runs right before Engine.IO does: nothing may happen in
   * between.
   */
  function requireNoOverlap(sid: string | undefined, req: IncomingMessage): void {
    const conn = sid === undefined ? undefined : clientOf(engine, sid);
    if (conn !== undefined && isPolling(conn, req.method)) {
      throw new Refusal("forbidden", { hint: `A ${req.method} with this \`sid\` is under way already.` });
    }
  }

  /** Engine.IO takes a request without EIO for protocol 3, which it ends without an answer over WebSocket. */
  function requireProtocol({ EIO: protocol }: Query): void {
    if (protocol === "4") return;
    const asked =
      protocol === undefined ? "no Engine.IO protocol (EIO)" : `EIO=${JSON.stringify(protocol.slice(0, 20))}`;
    throw new Refusal("payload_invalid", {
      hint: `The request names ${asked}, and the server speaks EIO=4: use a Socket.IO client of version 3 or later.`,
    });
  }

  /** Packets are text in a polling body (Engine.IO protocol 4); for other bodies Engine.IO ends the connection. */
  function requireText({ method, headers }: IncomingMessage): void {
    if (method !== "POST" || headers["content-type"] !== "application/octet-stream") return;
    throw new Refusal("payload_invalid", { hint: "Attachments are sent as base64 in a body of text." });
  }

  /** Engine.IO answers a body above the limit by itself, and keeps the connection. */
  function endWhenTooLarge(sid: string | undefined, req: IncomingMessage, res: ServerResponse): void {
    if (req.method !== "POST") return;
    res.once("finish", () => {
      if (res.statusCode !== 413) return;
      const hint = `SOCKETIO_MAX_HTTP_BUFFER_SIZE is ${config.maxHttpBufferSize} bytes.`;
      options.onRefused(req, new Refusal("payload_too_large", { hint }));
      if (sid !== undefined) clientOf(engine, sid)?.close(true);
    });
  }

  return {
    request(req, res) {
      const way = req.method === "OPTIONS" ? "preflight" : "polling";
      const { refusal, headers } = originGuard.check(req, way);
      if (refusal !== null) return sendRefusal(res, refusal, options.exposeHints, headers);
      if (way === "preflight") {
        res.writeHead(204, headers).end();
        return;
      }
      // With a known `sid` Engine.IO answers any other method with an empty 500.
      if (req.method !== "GET" && req.method !== "POST")
        return refuseMethod(res, "GET, POST, OPTIONS", options.onRefused, headers);
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      const enter = (sid: string | undefined): void => {
        requireNoOverlap(sid, req);
        endWhenTooLarge(sid, req, res);
        engine.handleRequest(req as Parameters<EngineServer["handleRequest"]>[0], res);
      };
      admit(req, enter, (error) => sendRefusal(res, refusalOf(req, error), options.exposeHints));
    },

    upgrade(req, socket, head) {
      const { refusal } = originGuard.check(req, "upgrade");
      if (refusal !== null) return refuse(req, socket, refusal);
      admit(
        req,
        () => upgradeLeanly(engine, req, socket, head),
        (error) => refuse(req, socket, refusalOf(req, error)),
      );
    },
  };

  function refuse(req: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    refuseUpgrade(req, socket, refusal, options.exposeHints, { [requestIdHeader]: options.requestId(req) });
  }

  function refusalOf(req: IncomingMessage, error: unknown): Refusal {
    const refusal = toRefusal(error, () => options.onFault(req, error));
    // A client that uses the `sid` of another client is after its connection, not after an administrator's rights.
    options.onRefused(req, refusal, refusal.code === "forbidden" ? "auth_failed" : undefined);
    return refusal;
  }
}
