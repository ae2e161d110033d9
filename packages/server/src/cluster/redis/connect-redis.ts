import { createAdapter } from "@socket.io/redis-streams-adapter";
import { boundLog } from "../../config/bound-log.ts";
import { createLog } from "../../config/log-from-config.ts";
import type { Config } from "../../config/settings.ts";
import { systemClock } from "../../core/clock.ts";
import type { Clock, Log } from "../../core/ports.ts";
import type { Cluster } from "../cluster.ts";
import { createControlChannel } from "./control-channel.ts";
import { createRedisLink } from "./redis-link.ts";
import { serveStore } from "./remote-store.ts";
import { createSharedBudgets } from "./shared-budgets.ts";
import { createSharedSlots } from "./shared-slots.ts";
import { createTaskExchange } from "./task-exchange.ts";

export { createReporter, type Reporter, type ReporterOptions } from "./reporter.ts";

/** Number of broadcasts that Redis keeps for nodes that lag behind. */
const maxBroadcasts = 10_000;

/** How long a reader waits for the next broadcast. Silence for twice as long means that the connection is dead. */
const readerWaitMs = 5000;

interface RedisClusterOptions {
  /** Default: JSON lines on standard output. */
  readonly logger?: Log;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Joins this process to the others that have the same REDIS_URL and SIGNALBOX_REDIS_PREFIX. Pass the result to
 * `createRealtime({ cluster })`, which closes it. While Redis is unavailable, each process continues by itself.
 * @throws TypeError without REDIS_URL
 */
export function connectRedis(config: Config, { logger, clock = systemClock }: RedisClusterOptions = {}): Cluster {
  const { redisUrl: url, redisPrefix: prefix, progressFlush } = config;
  if (url === null) throw new TypeError("REDIS_URL is not set: without it there is nothing to connect to.");
  const log = logger === undefined ? createLog(config) : boundLog(logger, clock);
  const link = createRedisLink({ url, prefix, clock, log });
  const tasks = createTaskExchange({ link, clock, flushMs: progressFlush });
  const control = createControlChannel(link, log);
  const broadcasts = link.duplicate({ socketTimeout: 2 * readerWaitMs });
  let stopServing: (() => void) | undefined;

  return {
    createAdapter: createAdapter(broadcasts, {
      ...{ streamName: link.key("broadcasts"), channelPrefix: link.key("sockets"), maxLen: maxBroadcasts },
      blockTimeInMs: readerWaitMs,
    }),
    tasks,
    slots: createSharedSlots(link),
    budget: createSharedBudgets(link),
    ...control,
    serve(store) {
      stopServing = serveStore(link, store, log);
    },
    health: link.health,
    async close() {
      stopServing?.();
      tasks.close();
      await link.close();
      broadcasts.disconnect();
    },
  };
}
