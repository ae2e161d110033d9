import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { SharedBudget } from "../../limits/shared-limit.ts";
import type { RedisLink } from "./redis-link.ts";

/** Budgets over all processes, in Redis. */
export function createSharedBudgets(link: RedisLink): (name: string, points: number, seconds: number) => SharedBudget {
  return (name, points, seconds) => {
    const limiter = new RateLimiterRedis({
      // Redis counts in whole seconds.
      ...{ storeClient: link.redis, keyPrefix: link.key("limit", name), points, duration: Math.ceil(seconds) },
      rejectIfRedisNotReady: true,
    });
    return async (subject, count) => {
      if (!link.isUp()) return 0;
      try {
        await limiter.consume(subject, count);
        return 0;
      } catch (refused) {
        // Any other error means that Redis is unavailable: each process then applies its own count.
        return refused instanceof RateLimiterRes ? Math.max(1, refused.msBeforeNext) : 0;
      }
    };
  };
}
