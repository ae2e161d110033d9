/** Uses every entry point that needs a package beside, which an application installs if it wants it. */
import { createClients } from "@signalbox/client";
import { createLog, createRealtime, loadConfig, type SessionSource } from "@signalbox/server";
import { bearerTokens } from "@signalbox/server/bearer";
import { attachBullMQ } from "@signalbox/server/bullmq";
import { expressSessions } from "@signalbox/server/express-session";
import { openPostgres } from "@signalbox/server/postgres";
import { connectRedis, createReporter } from "@signalbox/server/redis";
import { createSqlStore, openSqlite } from "@signalbox/server/sql";
import { connectClient, startTestServer } from "@signalbox/server/testing";
import { QueueEvents } from "bullmq";
import { MemoryStore } from "express-session";

const { config } = loadConfig();
const logger = createLog(config);
const userOf = ({ sub }: { sub?: string | undefined }) =>
  sub === undefined ? undefined : { userId: sub, username: sub, role: "user" as const };

export const sessions: SessionSource[] = [
  bearerTokens({ key: new Uint8Array(32), algorithms: ["HS256"], issuer: "us", audience: "us", userOf }),
  expressSessions({ store: new MemoryStore(), secret: "secret", userOf: () => undefined }),
];

export async function start(httpServer: import("node:http").Server, source: SessionSource): Promise<void> {
  const { kysely } = openPostgres(config.redisUrl ?? "", { log: logger });
  const store = await createSqlStore(config.redisUrl === null ? openSqlite("signalbox.db").kysely : kysely);
  const realtime = createRealtime({ httpServer, config, sessions: source, store, cluster: connectRedis(config) });
  attachBullMQ(new QueueEvents("reports"), realtime.progress, { ownerOf: (job) => job.data.owner, logger });
  await createReporter({ redis: "redis://localhost", logger }).complete("task", {});
  const { url } = await startTestServer();
  await connectClient(url);
  createClients({ url }).close();
}
