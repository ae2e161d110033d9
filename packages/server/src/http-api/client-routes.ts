import type { IncomingMessage, ServerResponse } from "node:http";
import { userSchemas } from "@signalbox/protocol/schemas";
import type { Config } from "../config/settings.ts";
import { permits } from "../core/permissions.ts";
import type { Clock } from "../core/ports.ts";
import { Refusal, toRefusal } from "../core/refusal.ts";
import { validatePayload } from "../core/validate-payload.ts";
import { readBody } from "../http/read-body.ts";
import type { HttpEndpoint } from "../http/request-interceptor.ts";
import { parseQuery, rawPath } from "../http/request-url.ts";
import { bearerTokenOf, refuseMethod, sendJson, sendRefusal } from "../http/respond.ts";
import type { Notifications } from "../notifications/notification-service.ts";
import type { OriginGuard } from "../origin/origin-guard.ts";
import { type Authenticator, type Identity, opensNoSession } from "../sessions/authenticator.ts";
import type { Csrf } from "../sessions/csrf.ts";
import { visibleTask } from "../tasks/task-access.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";
import { clientConfig } from "./client-config.ts";

const prefix = "/realtime/";

/** Limit of a body: all that our routes receive is a number or two. */
const maxBodyBytes = 1024;

export interface ClientRoutesOptions {
  readonly config: Config;
  readonly exposeHints: boolean;
  readonly version: string;
  readonly clock: Clock;
  readonly originGuard: OriginGuard;
  readonly authenticator: Authenticator;
  readonly csrf: Csrf;
  readonly hub: ProgressHub;
  readonly notifications: Notifications;
  /** Takes reports of violations of a Content Security Policy. */
  cspReport(req: IncomingMessage, res: ServerResponse): void;
  namespaces(): readonly string[];
  clientAddress(req: IncomingMessage): string;
  onRefused(req: IncomingMessage, refusal: Refusal): void;
  onFault(req: IncomingMessage, error: unknown): void;
}

type Answer = (req: IncomingMessage, argument: string) => Promise<unknown>;

/**
 * The HTTP side of the wire contract: what a client reads before it connects, and its fallback when no socket can be
 * opened. Paths below the prefix that are not ours stay with the application.
 */
export function createClientRoutes(options: ClientRoutesOptions): HttpEndpoint {
  const { config, clock, originGuard, authenticator, csrf, hub, notifications } = options;

  const routes: readonly { pattern: RegExp; answer: Answer; changes?: true }[] = [
    { pattern: /^client-config$/, answer: readClientConfig },
    { pattern: /^tasks\/([\w.:-]{1,128})$/, answer: readTask },
    { pattern: /^notifications$/, answer: readNotifications },
    { pattern: /^notifications\/(ack|read)$/, answer: advanceNotifications, changes: true },
  ];

  /** Routes that check neither origin nor session. */
  const open = new Map<string, (req: IncomingMessage, res: ServerResponse) => void>([
    [`${prefix}reachable`, reachable],
    [`${prefix}csp-report`, options.cspReport],
  ]);

  return {
    owns: (url) => {
      const path = rawPath(url);
      return open.has(path) || find(path) !== undefined;
    },
    request(req, res) {
      const path = rawPath(req.url);
      const answer = open.get(path);
      if (answer !== undefined) return answer(req, res);
      const way = req.method === "OPTIONS" ? "preflight" : "http";
      const { refusal, headers } = originGuard.check(req, way);
      if (refusal !== null) return sendRefusal(res, refusal, options.exposeHints, headers);
      if (way === "preflight") return void res.writeHead(204, headers).end();
      const found = find(path);
      if (found === undefined) return sendRefusal(res, new Refusal("event_unknown"), false, headers);
      const methods = found.route.changes ? ["POST"] : ["GET", "HEAD"];
      if (!methods.includes(req.method ?? "")) {
        return refuseMethod(res, [...methods, "OPTIONS"].join(", "), options.onRefused, headers);
      }
      found.route.answer(req, found.argument).then(
        (body) => sendJson(res, 200, body, headers),
        (error: unknown) => sendRefusal(res, refusalOf(req, error), options.exposeHints, headers),
      );
    },
  };

  function find(path: string) {
    if (!path.startsWith(prefix)) return undefined;
    for (const route of routes) {
      const match = route.pattern.exec(path.slice(prefix.length));
      if (match !== null) return { route, argument: match[1] ?? "" };
    }
    return undefined;
  }

  async function readClientConfig(req: IncomingMessage): Promise<unknown> {
    const identity = await identifyVisitor(req);
    const session = identity?.principal.session;
    const byCookie = identity?.handle?.credential.kind === "cookie";
    return clientConfig(config, {
      principal: identity?.principal,
      csrf: session && byCookie ? csrf.issue(session.ref) : undefined,
      namespaces: options.namespaces(),
      address: options.clientAddress(req),
      now: clock.now(),
      version: options.version,
    });
  }

  async function readTask(req: IncomingMessage, taskId: string): Promise<unknown> {
    const { principal } = await authenticator.identify(carrierOf(req), undefined, false);
    return { task: visibleTask(await hub.get(taskId), principal) };
  }

  async function readNotifications(req: IncomingMessage): Promise<unknown> {
    const { principal } = await identifyUser(req, false);
    const query = parseQuery(req.url);
    const { after = 0, limit } = query;
    const asked = { after: Number(after), ...(limit !== undefined && { limit: Number(limit) }) };
    return notifications.sync({ principal }, validatePayload(userSchemas.sync_notifications, asked));
  }

  async function advanceNotifications(req: IncomingMessage, verb: string): Promise<unknown> {
    const { principal } = await identifyUser(req, true);
    const { seq } = validatePayload(userSchemas.ack_notifications, jsonIn(await readBody(req, maxBodyBytes)));
    return notifications.advance({ principal }, verb === "ack" ? "acknowledged" : "read", seq);
  }

  /** Guests have no read marks. */
  async function identifyUser(req: IncomingMessage, changes: boolean): Promise<Identity> {
    const identity = await authenticator.identify(carrierOf(req), req.headers["x-csrf-token"], changes);
    if (!permits("user", identity.principal)) throw new Refusal("forbidden");
    return identity;
  }

  /** A visitor who is not signed in is an answer here, not a failure; a session store that is down is a failure. */
  async function identifyVisitor(req: IncomingMessage): Promise<Identity | undefined> {
    try {
      return await authenticator.identify(carrierOf(req), undefined, false);
    } catch (error) {
      if (opensNoSession(error)) return undefined;
      throw error;
    }
  }

  function refusalOf(req: IncomingMessage, error: unknown): Refusal {
    const refusal = toRefusal(error, () => options.onFault(req, error));
    options.onRefused(req, refusal);
    return refusal;
  }
}

/** Where the credential of an HTTP request can be found. */
export const carrierOf = (req: IncomingMessage) => ({ headers: req.headers, token: bearerTokenOf(req.headers) });

/**
 * Lets a browser tell "server down" from "origin refused": any page may read this answer, which says only that the
 * server is up. The page's own instruments may add any headers to its requests. The route asks for no cookies, so the
 * wildcards are safe.
 */
function reachable(_req: IncomingMessage, res: ServerResponse): void {
  res
    .writeHead(204, {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "*",
      "Cache-Control": "no-store",
    })
    .end();
}

/** @throws Refusal `payload_invalid` */
function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal("payload_invalid", { hint: "The body must be JSON." });
  }
}
