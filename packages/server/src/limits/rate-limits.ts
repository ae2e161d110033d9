import type { Config } from "../config/settings.ts";
import type { Clock } from "../core/ports.ts";
import { addressBucket } from "../http/client-address.ts";
import { type SharedBudgets, settleLater, withShared } from "./shared-limit.ts";
import { createWindowLimit } from "./window-limit.ts";

/**
 * Each method takes one point from a budget, and throws Refusal `rate_limited` with the time until the budget is filled
 * again. It throws at once for the budget of this process, and rejects the promise for a budget shared with others.
 */
export interface RateLimits {
  connectFromAddress(ip: string): void | Promise<void>;
  /** `subject` is the subject: a user, or the guests at one address. */
  connectAsUser(subject: string): void | Promise<void>;
  message(subject: string): void;
  close(): void;
}

type LimitSettings = Pick<
  Config,
  "rateLimiting" | "connectRatePerAddress" | "connectRatePerUser" | "messageRate" | "messageBurst"
>;

const unlimited: RateLimits = {
  connectFromAddress() {},
  connectAsUser() {},
  message() {},
  close() {},
};

/**
 * The rate limits. A message budget of `messageBurst` per `messageBurst / messageRate` seconds allows the burst and
 * enforces the rate over time.
 */
export function createRateLimits(config: LimitSettings, clock: Clock, cluster?: SharedBudgets): RateLimits {
  if (!config.rateLimiting) return unlimited;
  const { connectRatePerAddress, connectRatePerUser, messageRate, messageBurst } = config;
  const connects = (name: string, points: number, settings: string) => {
    const own = createWindowLimit({ points, seconds: 60, settings, clock });
    return cluster === undefined ? own : withShared(own, cluster.budget(name, points, 60), settings);
  };
  const perAddress = connects("address", connectRatePerAddress, "SIGNALBOX_CONNECT_RATE_PER_ADDRESS");
  const perUser = connects("user", connectRatePerUser, "SIGNALBOX_CONNECT_RATE_PER_USER");
  const settings = "SIGNALBOX_MESSAGE_RATE and SIGNALBOX_MESSAGE_BURST";
  const seconds = messageBurst / messageRate;
  const messages = createWindowLimit({ points: messageBurst, seconds, settings, clock });
  const settled =
    cluster &&
    settleLater({ own: messages, budget: cluster.budget("message", messageBurst, seconds), settings, clock });
  return {
    connectFromAddress: (ip) => perAddress(addressBucket(ip)),
    connectAsUser: perUser,
    message: settled?.take ?? messages,
    close: () => settled?.close(),
  };
}
