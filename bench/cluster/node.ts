/**
 * One of several nodes under load: Signalbox as in production, on Redis and PostgreSQL (`REDIS_URL`, `DATABASE_URL`). It
 * reports the tasks from number `FIRST_TASK` on.
 */
import { createServer } from "node:http";
import { createRealtime, loadConfig } from "@signalbox/server";
import { openPostgres } from "@signalbox/server/postgres";
import { connectRedis } from "@signalbox/server/redis";
import { createSqlStore, type SignalboxTables } from "@signalbox/server/sql";
import { serve, serverParams } from "../peers/node/serve.ts";
import { newTaskOf } from "../peers/node/snapshots.ts";
import { messageOf, monotonicUs, taskIdOf } from "../peers/payloads.ts";
import { createBenchSessions } from "../peers/signalbox/sessions.ts";
import { origin } from "../peers/users.ts";

const { FIRST_TASK = "0", DATABASE_URL = "", REDIS_URL = "" } = process.env;
const first = Number(FIRST_TASK);
const httpServer = createServer();
const { config } = loadConfig({
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: String(serverParams().port),
  REDIS_URL,
  SIGNALBOX_SECRET: "the same on every node, so that tokens are good on each",
  SOCKETIO_CORS_ORIGINS: origin,
});
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const { kysely } = openPostgres<SignalboxTables>(DATABASE_URL, { log: logger });
const store = await createSqlStore(kysely);
const cluster = connectRedis(config, { logger });
const realtime = createRealtime({ httpServer, config, sessions: createBenchSessions(), store, cluster, logger });
const done: number[] = [];

serve({
  httpServer,
  connections: () => realtime.io.engine.clientsCount,
  broadcast: (payload) => void realtime.io.to("user_general").emit("news", payload),
  tasks: {
    async create(count) {
      for (let task = first; task < first + count; task += 1) {
        await realtime.progress.create(newTaskOf(task));
        await realtime.progress.report(taskIdOf(task), { status: "running", percent: 0, current: 0 });
      }
    },
    update(offset) {
      const task = first + offset;
      const current = (done[offset] ?? 0) + 1;
      done[offset] = current;
      // An update that fails ends the process: figures without it would be wrong.
      void realtime.progress.report(taskIdOf(task), { current, message: messageOf(task, monotonicUs()) });
    },
  },
});
