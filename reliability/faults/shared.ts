import { type BadLine, startBadLine } from "../../packages/client/test/support/bad-line.ts";
import { startPostgres } from "../../scripts/services/postgres.ts";
import { startRedis } from "../../scripts/services/redis.ts";
import type { Service } from "../../scripts/services/service.ts";

/** What two nodes share. */
export interface Shared {
  readonly redis: Service;
  readonly postgres: Service;
  /** What the second node has between itself and Redis. */
  readonly line: BadLine;
  /** By node. */
  readonly redisUrls: readonly string[];
  close(): Promise<void>;
}

export async function openShared(): Promise<Shared> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const line = await startBadLine(Number(new URL(redis.url).port));
  return {
    ...{ redis, postgres, line, redisUrls: [redis.url, line.url.replace("http:", "redis:")] },
    async close() {
      await line.close();
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}
