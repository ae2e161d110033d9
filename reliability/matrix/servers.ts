import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskSnapshot } from "@signalbox/protocol";
import { createRealtime, loadConfig, type Realtime, type Store } from "@signalbox/server";
import { openPostgres } from "@signalbox/server/postgres";
import { connectRedis } from "@signalbox/server/redis";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { createOpenSessions } from "../../packages/client/test/support/open-sessions.ts";
import { startPostgres } from "../../scripts/services/postgres.ts";
import { startRedis } from "../../scripts/services/redis.ts";
import type { Service } from "../../scripts/services/service.ts";
import type { Journal } from "../faults/journal.ts";
import { recordStore } from "../faults/recorded.ts";

export const stores = ["SQLite", "PostgreSQL"] as const;
export type StoreName = (typeof stores)[number];

/** One server or two on one database. */
export interface Servers {
  readonly ports: readonly number[];
  readonly realtimes: readonly Realtime[];
  /** What they have beside them. */
  readonly services: readonly Service[];
  /** What the database has. */
  read(taskId: string): Promise<TaskSnapshot | undefined>;
  close(): Promise<void>;
}

export const origin = "http://pages.test";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function startServers(storeName: StoreName, nodes: number, journal: Journal): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-matrix-"));
  const redis = nodes > 1 ? await startRedis() : undefined;
  const postgres = storeName === "PostgreSQL" ? await startPostgres() : undefined;
  const sessions = createOpenSessions();
  const started: Awaited<ReturnType<typeof start>>[] = [];
  // One after the other: SQLite has no lock that two who make its tables could take.
  while (started.length < nodes) started.push(await start());

  function openStore(): Promise<Store> {
    if (postgres === undefined) return createSqlStore(openSqlite<SignalboxTables>(join(folder, "data.db")).kysely);
    return createSqlStore(openPostgres<SignalboxTables>(postgres.url, { log: silent }).kysely);
  }

  async function start() {
    const http = createServer((_req, res) => res.writeHead(404).end());
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const { config } = loadConfig({
      ...{ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), SOCKETIO_CORS_ORIGINS: origin },
      ...{ SOCKETIO_RECONNECTION_DELAY: "100", SOCKETIO_RECONNECTION_DELAY_MAX: "1000" },
      ...{ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000", SIGNALBOX_SECRET: "a secret that both nodes have in common" },
      ...(redis && { REDIS_URL: redis.url }),
    });
    const store = recordStore(await openStore(), journal);
    const realtime = createRealtime({
      ...{ httpServer: http, config, sessions, store, logger: silent },
      ...(redis && { cluster: connectRedis(config, { logger: silent }) }),
    });
    async function close(): Promise<void> {
      await realtime.close();
      http.closeAllConnections();
      http.close();
      await store.close();
    }
    return { port, realtime, store, close };
  }

  return {
    ports: started.map(({ port }) => port),
    realtimes: started.map(({ realtime }) => realtime),
    services: [redis, postgres].filter((service) => service !== undefined),
    read: async (taskId) => started[0]?.store.tasks.get(taskId),
    async close() {
      await Promise.all(started.map(({ close }) => close()));
      await Promise.all([redis?.stop(), postgres?.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}
