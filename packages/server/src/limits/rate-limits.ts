import type { Config } from "../config/settings.ts";
import type { Clock } from "../ports.ts";
import { addressBucket } from "./client-address.ts";
import { createWindowLimit } from "./window-limit.ts";

/** Each takes one from a budget; throws Refusal `rate_limited` with the time until it is filled again. */
export interface RateLimits {
  connectFromAddress(ip: string): void;
  /** `place` is a user's, or that of the guests at one address. */
  connectAsUser(place: string): void;
  message(place: string): void;
}

type LimitSettings = Pick<
  Config,
  "rateLimiting" | "connectRatePerAddress" | "connectRatePerUser" | "messageRate" | "messageBurst"
>;

const unlimited: RateLimits = {
  connectFromAddress() {},
  connectAsUser() {},
  message() {},
};

/**
 * The rate limits. A message budget of `messageBurst` per `messageBurst / messageRate` seconds allows the burst and
 * holds the rate over time.
 */
export function createRateLimits(config: LimitSettings, clock: Pick<Clock, "now">): RateLimits {
  if (!config.rateLimiting) return unlimited;
  const { connectRatePerAddress, connectRatePerUser, messageRate, messageBurst } = config;
  const limit = (points: number, seconds: number, settings: string) =>
    createWindowLimit({ points, seconds, settings, clock });
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
