import { Server as HttpServer } from "node:http";
import { Server as NetServer } from "node:net";
import type { SessionSource } from "./core/ports.ts";
import type { RealtimeOptions } from "./realtime.ts";

/** Marks servers that have a real-time layer. Every copy of this package in a process finds the mark. */
const claimed = Symbol.for("@signalbox/server");

/** Other parts that an application may pass, and the members that are used. */
const parts = [
  ["store", ["tasks", "securityEvents", "notifications", "blocks", "ping", "close"]],
  ["logger", ["debug", "info", "warn", "error"]],
  ["cluster", ["createAdapter", "tell", "on", "close"]],
  ["tasks", ["cancel"]],
] as const satisfies readonly (readonly [keyof RealtimeOptions, readonly string[]])[];

/**
 * Checks types, which JavaScript does not enforce, and options that contradict each other.
 * @throws TypeError that says what to pass instead
 */
export function checkOptions(options: RealtimeOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("createRealtime needs an object with `httpServer`, `config` and `sessions`.");
  }
  checkServer(options.httpServer);
  checkConfig(options.config);
  checkSources(options.sessions);
  for (const [name, members] of parts) checkPart(name, options[name], members);
  if (options.roomAccess && typeof options.roomAccess !== "function") {
    throw new TypeError("`roomAccess` of createRealtime must be a function that says who may join a room.");
  }
  checkTogether(options);
}

/** Marks a server as one that has a real-time layer. */
export function claimServer(httpServer: object): void {
  Object.assign(httpServer, { [claimed]: true });
}

/** After this the server may receive a real-time layer again. */
export function releaseServer(httpServer: object): void {
  Object.assign(httpServer, { [claimed]: false });
}

function checkServer(httpServer: unknown): void {
  const needed =
    "createRealtime needs `httpServer`, the server that `createServer(app)` of node:http or node:https returns";
  if (httpServer instanceof NetServer || httpServer instanceof HttpServer) {
    if ((httpServer as { [claimed]?: boolean })[claimed] !== true) return;
    throw new TypeError(
      "This `httpServer` has a real-time layer already: call createRealtime once for each server, or `close()` the other first.",
    );
  }
  if (typeof httpServer === "function") {
    throw new TypeError(`${needed}; it was given an application, such as Express makes, without its server.`);
  }
  if (typeof httpServer === "object" && httpServer !== null && "server" in httpServer) {
    throw new TypeError(`${needed}; it was given an object that has one, as Fastify does: hand over its \`server\`.`);
  }
  throw new TypeError(`${needed}; it was given ${httpServer === null ? "null" : typeof httpServer}.`);
}

function checkConfig(config: unknown): void {
  const needed = "createRealtime needs `config`: `const { config } = loadConfig(process.env)`";
  if (typeof config !== "object" || config === null) throw new TypeError(`${needed}.`);
  if ("config" in config) throw new TypeError(`${needed}; it was given all that loadConfig returns.`);
  if (!("secret" in config)) throw new TypeError(`${needed}; it was given an object that loadConfig has not made.`);
}

function checkSources(sessions: unknown): void {
  const needed = "createRealtime needs `sessions`, such as expressSessions({ … }) of @signalbox/server/express-session";
  if (sessions === undefined || sessions === null) throw new TypeError(`${needed}: see docs/sessions.md.`);
  for (const source of [sessions].flat() as (Partial<SessionSource> | null | undefined)[]) {
    if (typeof source?.credentialOf === "function" && typeof source.resolve === "function") continue;
    throw new TypeError(`${needed}; a session source has the functions \`credentialOf\` and \`resolve\`.`);
  }
}

function checkPart(name: string, part: unknown, members: readonly string[]): void {
  if (part === undefined || part === null) return;
  // createSqlStore, for one, returns a promise.
  if (part instanceof Promise) throw new TypeError(`\`${name}\` of createRealtime is a promise: \`await\` it.`);
  const missing = members.filter((member) => Object(part)[member] === undefined);
  if (missing.length > 0) throw new TypeError(`\`${name}\` of createRealtime lacks ${missing.join(", ")}.`);
}

/** Checks options against each other. An operator who sets REDIS_URL relies on it. */
function checkTogether({ config, cluster, store, clock }: RealtimeOptions): void {
  if (clock !== undefined && typeof clock.monotonic !== "function") {
    throw new TypeError("The `clock` has no monotonic(): add a reading in milliseconds that never goes back.");
  }
  if (config.redisUrl !== null && cluster === undefined) {
    throw new TypeError("REDIS_URL is set, but createRealtime was given no `cluster`: hand it connectRedis(config).");
  }
  if (cluster !== undefined && store === undefined) {
    throw new TypeError("Several processes need one `store`: createSqlStore over PostgreSQL (DATABASE_URL).");
  }
}
