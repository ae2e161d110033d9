/** One server or two with their database, the clients that watch, and the history of both, for one kind of fault. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../scripts/services/free-port.ts";
import type { Line } from "../history/line.ts";
import { type AudienceStatus, type Disturbance, planAudience } from "./audience.ts";
import { openJournal } from "./journal.ts";
import type { Network } from "./network.ts";
import { type Remote, startRemote } from "./remote.ts";
import { openShared, type Shared } from "./shared.ts";
import { recordStalls, type StallRecorder } from "./stall-recorder.ts";
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
  /** Two share a Redis and a PostgreSQL. */
  readonly nodes: 1 | 2;
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
  /** The server that runs at present; of two, the first. */
  readonly server: Remote;
  readonly servers: readonly Remote[];
  /** What two nodes share. */
  readonly shared: Shared | undefined;
  readonly audience: Remote;
  readonly journals: readonly string[];
  record(line: Line): void;
  promise(promise: string, kept: boolean, detail: string): void;
  /** Measures time without stalls. */
  readonly until: StallRecorder["until"];
  readonly stopwatch: StallRecorder["stopwatch"];
  readonly stalled: StallRecorder["stalled"];
  /** Starts the server that has ended anew; what the database holds at this moment is written down first. */
  restart(node?: number): Promise<void>;
  /** A client that loses its connection to this node asks another one; null: no node is going. */
  avoid(node: number | null): Promise<void>;
  disturb(how: Disturbance, names: readonly string[]): Promise<void>;
  renew(name: string, suffix: string): Promise<void>;
  /** Which of these clients have no connection at this moment. */
  disconnected(names: readonly string[]): Promise<string[]>;
  audienceStatus(names?: readonly string[]): Promise<AudienceStatus>;
  serverStatus(): Promise<ServerStatus>;
  /**
   * Resolves when each of these clients, or of all, has been connected with everything live since the call: tasks begin
   * all the time. @throws Error after half a minute
   */
  allWell(names?: readonly string[]): Promise<void>;
  /** Ends all tasks, waits until everybody knows, and takes everything down. */
  finish(): Promise<void>;
  /** Whatever happened. */
  destroy(): Promise<void>;
}

const origin = "http://pages.test";
const clientsPerUser = 3;
const patienceMs = 30_000;

/** In seconds: the least, so that a connection that is dead is known to be in four. */
export const heartbeat = { interval: 2, timeout: 2 } as const;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function openWorld(options: WorldOptions): Promise<World> {
  const { layer, folder, seed, users, network } = options;
  mkdirSync(folder, { recursive: true });
  const numbers = Array.from({ length: options.nodes }, (_, node) => node);
  const ports = await Promise.all(numbers.map(freePort));
  const shared = options.nodes === 2 ? await openShared() : undefined;
  const databasePath = shared?.postgres.url ?? join(options.diskFolder ?? folder, "data.db");
  const paths = {
    servers: numbers.map((node) => join(folder, `server-${node}.jsonl`)),
    world: join(folder, "world.jsonl"),
    // In a file of their own: lines of a file are in the order of time, and what a database has is written down late.
    stalls: join(folder, "stalls.jsonl"),
    audience: join(folder, "audience.jsonl"),
  };
  const plans = planAudience(users, clientsPerUser);
  const clients = plans.map(({ name }) => name);
  const { write: record } = openJournal(paths.world);
  const readStored = createStoredReader(databasePath, record);
  let audience: Remote | undefined;
  /** Tasks that began before there was an audience. */
  const early: unknown[] = [];
  /** Of the processes that run. */
  const pids = new Set<number>();
  const services = shared === undefined ? [] : [shared.redis, shared.postgres];
  const stalls = recordStalls(() => [...pids, ...services.map(({ pid }) => pid)], openJournal(paths.stalls).write);
  const { until } = stalls;
  const servers = await Promise.all(numbers.map(startServer));

  function watchStallsOf({ pid, exited }: Remote): void {
    pids.add(pid);
    void exited.then(() => pids.delete(pid));
  }

  async function startServer(node: number): Promise<Remote> {
    const started = startRemote({
      file: layer === "bare" ? "bare/server-main.ts" : "server-main.ts",
      through: network.server,
      env: {
        ...{ HOST: network.host, PORT: String(ports[node]), SOCKETIO_CORS_ORIGINS: origin },
        SIGNALBOX_SECRET: "a secret that stays the same over restarts",
        // Longest random delay of a client's retry; the rest of the limit is for the work itself.
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
          JOURNAL: paths.servers[node] ?? "",
          TASKS: String(options.tasks / options.nodes),
          SEED: String(seed + node),
          PACE: String(options.pace),
        },
        OWNERS: [...new Set(plans.map(({ user }) => user))].join(),
        ...(shared && { NODE: String(node), REDIS_URL: shared.redisUrls[node] }),
        ...options.env,
      },
      onWord(event, payload) {
        if (event !== "task") return;
        if (audience === undefined) early.push(payload);
        else void audience.ask("watch", payload).catch(() => {});
      },
    });
    watchStallsOf(started);
    await started.heard("ready");
    return started;
  }

  async function startAudience(): Promise<Remote> {
    const env = { HOST: network.host, PORTS: ports.join(), ORIGIN: origin, LAYER: layer, JOURNAL: paths.audience };
    const file = "audience-main.ts";
    const started = startRemote({ file, through: network.clients, env: { ...env, CLIENTS: JSON.stringify(plans) } });
    watchStallsOf(started);
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
    url: `http://${network.host}:${ports[0]}`,
    get server() {
      return servers[0] as Remote;
    },
    servers,
    shared,
    audience: follow,
    // Where times are equal servers go first: no client receives a state before it is written down.
    journals: [...paths.servers, paths.world, paths.stalls, paths.audience],
    record,
    until,
    stopwatch: stalls.stopwatch,
    stalled: stalls.stalled,
    promise: (promise, kept, detail) => record({ operation: "promised", promise, kept, detail, at: Date.now() }),
    async restart(node = 0) {
      await readStored();
      servers[node] = await startServer(node);
      record({ operation: "reachable", at: Date.now() });
    },
    avoid: (node) => follow.ask("avoid", node === null ? null : ports[node]),
    disturb: (how, names) => follow.ask("disturb", { names, how }),
    renew: (name, suffix) => follow.ask("renew", { name, suffix }),
    disconnected: (names) => follow.ask<string[]>("disconnected", names),
    audienceStatus,
    serverStatus: () => world.server.ask<ServerStatus>("status"),
    async allWell(names = clients) {
      let missing = names;
      const areWell = async () => {
        missing = await follow.ask<string[]>("unwell", missing);
        return missing.length === 0;
      };
      if (await until(areWell, patienceMs)) return;
      throw new Error(`Not everybody is well: ${(await audienceStatus(missing)).stuck.join(" / ")}`);
    },
    async finish() {
      const lastNotices = await Promise.all(servers.map((server) => server.ask<string | undefined>("finish")));
      const isOver = await until(async () => (await audienceStatus()).watching === 0, patienceMs);
      world.promise("everybody is told of every end", isOver, (await audienceStatus()).stuck.join(" / "));
      for (const lastNotice of lastNotices) {
        if (lastNotice === undefined) continue;
        const deaf = () => follow.ask<string[]>("deaf", lastNotice);
        const isHeard = await until(async () => (await deaf()).length === 0, patienceMs);
        world.promise("everybody is handed the last notice", isHeard, (await deaf()).join());
      }
      await follow.ask("close");
      const isEmpty = async () => {
        const all = await Promise.all(servers.map((server) => server.ask<ServerStatus>("status")));
        return all.every(({ connections }) => connections === 0);
      };
      await until(async () => layer === "bare" || (await isEmpty()), patienceMs);
      // Clients keep the sockets of plain HTTP requests open for a while, because they may send another.
      follow.signal("SIGKILL");
      await follow.exited;
      await pause(300);
      await Promise.all(servers.map((server) => server.ask("rest")));
      for (const server of servers) server.signal("SIGTERM");
      await Promise.all(servers.map(({ exited }) => exited));
      await readStored();
    },
    async destroy() {
      follow.signal("SIGKILL");
      for (const server of servers) {
        server.signal("SIGCONT");
        server.signal("SIGKILL");
      }
      stalls.stop();
      await shared?.close();
    },
  };
  return world;
}
