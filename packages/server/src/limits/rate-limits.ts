import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../config/settings.ts";
import { Refusal } from "../refusal.ts";
import { addressBucket } from "./client-address.ts";

/** Each takes one from a budget, or rejects with Refusal `rate_limited` and the time until it is filled again. */
export interface RateLimits {
  connectFromAddress(ip: string): Promise<void>;
  /** `place` is a user's, or that of the guests at one address. */
  connectAsUser(place: string): Promise<void>;
  message(place: string): Promise<void>;
}

type LimitSettings = Pick<
  Config,
  "rateLimiting" | "connectRatePerAddress" | "connectRatePerUser" | "messageRate" | "messageBurst"
>;

/** Keys of one limit that are told apart at a time; beyond it all further ones share one budget, never none. */
const maxKeys = 100_000;

const unlimited: RateLimits = {
  connectFromAddress: async () => {},
  connectAsUser: async () => {},
  message: async () => {},
};

/**
 * The rate limits. A message budget of `messageBurst` per `messageBurst / messageRate` seconds allows the burst and
 * holds the rate over time.
 */
export function createRateLimits(config: LimitSettings): RateLimits {
  if (!config.rateLimiting) return unlimited;
  const { connectRatePerAddress, connectRatePerUser, messageRate, messageBurst } = config;
  const perAddress = limit(connectRatePerAddress, 60, "SIGNALBOX_CONNECT_RATE_PER_ADDRESS");
  const perUser = limit(connectRatePerUser, 60, "SIGNALBOX_CONNECT_RATE_PER_USER");
  const messages = limit(
    messageBurst,
    messageBurst / messageRate,
    "SIGNALBOX_MESSAGE_RATE and SIGNALBOX_MESSAGE_BURST",
  );
  return {
    connectFromAddress: (ip) => perAddress(addressBucket(ip)),
    connectAsUser: perUser,
    message: messages,
  };
}

function limit(points: number, seconds: number, settings: string): (key: string) => Promise<void> {
  const limiter = new RateLimiterMemory({ points, duration: seconds });
  /** When the window of each known key ends, in that order: the limiter has forgotten the key by then, and so may we. */
  const windows = new Map<string, number>();

  function bucketOf(key: string): string {
    const now = Date.now();
    const known = windows.get(key);
    if (known !== undefined && known > now) return key;
    if (known === undefined && windows.size >= maxKeys) {
      const [[oldest, end] = ["", 0]] = windows;
      if (end > now) return "(everybody else)";
      windows.delete(oldest);
    }
    windows.delete(key);
    windows.set(key, now + seconds * 1000);
    return key;
  }

  return async (key) => {
    try {
      await limiter.consume(bucketOf(key));
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      throw new Refusal("rate_limited", {
        retryAfterMs: Math.max(1, rejection.msBeforeNext),
        hint: `${settings}: ${points} in ${seconds} s.`,
      });
    }
  };
}
