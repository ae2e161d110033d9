/** One server with its database, those who watch, and the history of both, for one kind of fault. */
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Line } from "../history/line.ts";
import { type AudienceStatus, type Disturbance, planAudience } from "./audience.ts";
import { openJournal } from "./journal.ts";
import type { Network } from "./network.ts";
import { type Remote, startRemote } from "./remote.ts";
import { createStoredReader } from "./stored.ts";

export type Layer = "signalbox" | "bare";

export interface WorldOptions {
  readonly layer: Layer;
  readonly folder: string;
  readonly seed: number;
  readonly tasks: number;
  readonly pace: number;
  readonly users: number;
  readonly network: Network;
  /** Where the database lies. Default: in the folder. */
  readonly diskFolder?: string;
  readonly env: Readonly<Record<string, string>>;
}

interface ServerStatus {
  readonly connections: number;
  readonly lookups: number;
  /** Writes that failed, and were tried again. */
  readonly failures: number;
}

export interface World {
  readonly clients: readonly string[];
  readonly sessionOf: ReadonlyMap<string, string>;
  readonly databasePath: string;
  readonly url: string;
  /** The server that runs at present. */
  readonly server: Remote;
  readonly audience: Remote;
  readonly journals: readonly string[];
  record(line: Line): void;
  promise(promise: string, kept: boolean, detail: string): void;
  /** Starts the server that has ended anew; what the database holds at this moment is written down first. */
  restart(): Promise<void>;
  disturb(how: Disturbance, names: readonly string[]): Promise<void>;
  renew(name: string, suffix: string): Promise<void>;
  audienceStatus(names?: readonly string[]): Promise<AudienceStatus>;
  serverStatus(): Promise<ServerStatus>;
  /** Resolves when these clients, or all, are connected with everything live. @throws Error after half a minute */
  allWell(names?: readonly string[]): Promise<void>;
  /** Ends all tasks, waits until everybody knows, and takes everything down. */
  finish(): Promise<void>;
  /** Whatever happened. */
  destroy(): void;
}

const origin = "http://pages.test";
const clientsPerUser = 3;
const patienceMs = 30_000;

/** In seconds: the least, so that a connection that is dead is known to be in four. */
export const heartbeat = { interval: 2, timeout: 2 } as const;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) return false;
    await pause(30);
  }
  return true;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { layer, folder, seed, users, network } = options;
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const databasePath = join(options.diskFolder ?? folder, "data.db");
  const paths = {
    server: join(folder, "server.jsonl"),
    world: join(folder, "world.jsonl"),
    audience: join(folder, "audience.jsonl"),
  };
  const plans = planAudience(users, clientsPerUser);
  const clients = plans.map(({ name }) => name);
  const { write: record } = openJournal(paths.world);
  const readStored = createStoredReader(databasePath, record);
  let audience: Remote | undefined;
  /** Tasks that began before there was an audience. */
  const early: unknown[] = [];
  let server = await startServer();

  async function startServer(): Promise<Remote> {
    const started = startRemote({
      file: layer === "bare" ? "bare/server-main.ts" : "server-main.ts",
      through: network.server,
      env: {
        ...{ HOST: network.host, PORT: String(port), SOCKETIO_CORS_ORIGINS: origin },
        SIGNALBOX_SECRET: "a secret that stays the same over restarts",
        // A client waits no longer than this by its own dice; the rest is for what has to be done.
        SOCKETIO_RECONNECTION_DELAY_MAX: "3000",
        SOCKETIO_PING_INTERVAL: String(heartbeat.interval),
        SOCKETIO_PING_TIMEOUT: String(heartbeat.timeout),
        // All clients have one address, and come back far more often than people's.
        SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
        SIGNALBOX_CONNECT_RATE_PER_USER: "1000000",
        SIGNALBOX_MESSAGE_RATE: "100000",
        SIGNALBOX_MESSAGE_BURST: "100000",
        ...{
          DATABASE: databasePath,
          JOURNAL: paths.server,
          TASKS: String(options.tasks),
          SEED: String(seed),
          PACE: String(options.pace),
        },
        OWNERS: [...new Set(plans.map(({ user }) => user))].join(),
        ...options.env,
      },
      onWord(event, payload) {
        if (event !== "task") return;
        if (audience === undefined) early.push(payload);
        else void audience.ask("watch", payload).catch(() => {});
      },
    });
    await started.heard("ready");
    return started;
  }

  async function startAudience(): Promise<Remote> {
    const env = { HOST: network.host, PORT: String(port), ORIGIN: origin, LAYER: layer, JOURNAL: paths.audience };
    const file = "audience-main.ts";
    const started = startRemote({ file, through: network.clients, env: { ...env, CLIENTS: JSON.stringify(plans) } });
    await started.heard("ready");
    return started;
  }

  const follow = await startAudience();
  audience = follow;
  for (const task of early) await follow.ask("watch", task);
  const audienceStatus = (names?: readonly string[]) => follow.ask<AudienceStatus>("status", names ?? null);

  const world: World = {
    clients,
    sessionOf: new Map(plans.map(({ name, session }) => [name, session])),
    databasePath,
    url: `http://${network.host}:${port}`,
    get server() {
      return server;
    },
    audience: follow,
    // Where times are equal servers go first: nobody is told of a state before it is written down.
    journals: [paths.server, paths.world, paths.audience],
    record,
    promise: (promise, kept, detail) => record({ operation: "promised", promise, kept, detail, at: Date.now() }),
    async restart() {
      readStored();
      server = await startServer();
      record({ operation: "reachable", at: Date.now() });
    },
    disturb: (how, names) => follow.ask("disturb", { names, how }),
    renew: (name, suffix) => follow.ask("renew", { name, suffix }),
    audienceStatus,
    serverStatus: () => server.ask<ServerStatus>("status"),
    async allWell(names) {
      const isWell = async () => {
        const { well, all } = await audienceStatus(names);
        return well === all;
      };
      if (await until(isWell, patienceMs)) return;
      throw new Error(`Not everybody is well: ${(await audienceStatus(names)).stuck.join(" / ")}`);
    },
    async finish() {
      const lastNotice = await server.ask<string | undefined>("finish");
      const isOver = await until(async () => (await audienceStatus()).watching === 0, patienceMs);
      world.promise("everybody is told of every end", isOver, (await audienceStatus()).stuck.join(" / "));
      if (lastNotice !== undefined) {
        const deaf = () => follow.ask<string[]>("deaf", lastNotice);
        const isHeard = await until(async () => (await deaf()).length === 0, patienceMs);
        world.promise("everybody is handed the last notice", isHeard, (await deaf()).join());
      }
      await follow.ask("close");
      await until(async () => layer === "bare" || (await world.serverStatus()).connections === 0, patienceMs);
      // The sockets of plain HTTP requests are kept open for a while by those who may ask again.
      follow.signal("SIGKILL");
      await follow.exited;
      await pause(300);
      await server.ask("rest");
      server.signal("SIGTERM");
      await server.exited;
      readStored();
    },
    destroy() {
      follow.signal("SIGKILL");
      server.signal("SIGCONT");
      server.signal("SIGKILL");
    },
  };
  return world;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer().listen(0, "127.0.0.1", () => {
      const address = listener.address();
      listener.close();
      if (address === null || typeof address === "string") reject(new Error("No port is free."));
      else resolve(address.port);
    });
  });
}
