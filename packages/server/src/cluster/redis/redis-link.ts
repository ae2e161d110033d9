import { randomBytes } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import type { Clock, Log } from "../../core/ports.ts";
import { createDependencyHealth, type DependencyHealth } from "../../observability/dependency-health.ts";

/** How often a process says that it is there, which is also how Redis is asked whether it is. */
const beatMs = 500;

/** A process that has not said so for this long counts as gone: an event loop may stand still for a while. */
export const goneMs = 6000;

/** What a command may take. Redis answers in less than a millisecond, or it is in trouble. */
const commandTimeoutMs = 1000;

/** A connection on which nothing has come for so long is dead: beats are answered. */
const silenceMs = 5000;

/** A connection is tried again for good, at least twice a second. */
const patient: RedisOptions = { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 50, 500) };

/** What Redis has just begun to keep may not have been told everything yet by those who know it. */
const settleMs = goneMs;

/**
 * Writes down that a process is there, and answers with those that are, and since when Redis knows: whoever finds
 * another answer than before knows that Redis has forgotten. Times are Redis' own, since the clocks of processes differ.
 */
const beatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('SET', KEYS[2], now .. '-' .. ARGV[1], 'NX')
local since = redis.call('GET', KEYS[2])
return { since, tostring(now - tonumber(string.match(since, '^%d+'))), unpack(redis.call('ZRANGE', KEYS[1], 0, -1)) }
`;

/** The way to Redis that everything shared takes, and who else is there. */
export interface RedisLink {
  /** This process, for the others. */
  readonly id: string;
  /** Rejects at once while Redis is away, and after a second when it does not answer. */
  readonly redis: Redis;
  readonly health: DependencyHealth;
  /** Resolves when Redis has answered for the first time, or had a chance to. */
  readonly begun: Promise<void>;
  /** Whether Redis answers at present. */
  isUp(): boolean;
  /** Whether a process was there at the last beat. */
  isAlive(processId: string): boolean;
  /** Whether everything that processes share has had time to come to this Redis. */
  isSettled(): boolean;
  /** The name of a key or channel of ours. */
  key(...parts: string[]): string;
  /** Keys in one Redis of a sorted set of those that are there. */
  readonly membersKey: string;
  /** Resolves when it is in force, also after Redis was away. Rejects while Redis is. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): void;
  /** The same for all channels that begin so. */
  subscribeAll(prefix: string, listener: (message: string) => void): Promise<void>;
  unsubscribeAll(prefix: string): void;
  /** Told with every beat that was answered. */
  onBeat(listener: () => void): void;
  /** Told at the start, and whenever messages may have been missed or Redis has forgotten: all is to be said anew. */
  onResync(listener: () => void): void;
  /** Another connection with the same address, for whoever blocks it. */
  duplicate(options?: RedisOptions): Redis;
  close(): Promise<void>;
}

interface RedisLinkOptions {
  readonly url: string;
  /** Begins each key, so that several applications may share a Redis. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function createRedisLink({ url, prefix, clock, log }: RedisLinkOptions): RedisLink {
  const id = randomBytes(6).toString("hex");
  const key = (...parts: string[]): string => [prefix, ...parts].join(":");
  // Without Redis each node serves its own clients: taking all of them out of service would help no client.
  const health = createDependencyHealth({ name: "redis", title: "shared Redis", isRequired: false, clock, log });
  const connect = (options: RedisOptions): Redis => {
    const redis = new Redis(url, { ...patient, ...options, replyMapping: "legacy" });
    // Without a listener an error ends the process; what it means is told by the beats.
    redis.on("error", () => {});
    return redis;
  };
  const impatient = { enableOfflineQueue: false, commandTimeout: commandTimeoutMs, socketTimeout: silenceMs };
  const redis = connect({ ...impatient, enableAutoPipelining: true });
  // The library subscribes again by itself, but ends the process when Redis does not confirm that in time.
  const subscriber = connect({ ...impatient, autoResubscribe: false });
  const membersKey = key("processes");
  const sinceKey = key("since");
  /** By channel or, for all that begin so, by pattern. */
  const listeners = new Map<string, (message: string) => void>();
  const onBeat: (() => void)[] = [];
  const onResync: (() => void)[] = [];
  let alive = new Set<string>();
  let up = false;
  let since = "";
  let ageMs = 0;
  let beatenAt = Number.NEGATIVE_INFINITY;
  let missed = true;
  let beating = false;
  let closed = false;

  subscriber.on("message", hear);
  subscriber.on("pmessage", (pattern: string, _channel: string, message: string) => hear(pattern, message));
  subscriber.on("close", () => {
    missed = true;
  });
  subscriber.on("ready", () => {
    for (const channel of listeners.keys()) {
      // What is confirmed too late is in force all the same, and what a connection takes along is said on the next one.
      (channel.endsWith("*") ? subscriber.psubscribe(channel) : subscriber.subscribe(channel)).catch(() => {});
    }
  });

  /** What cannot be read must not end the process: somebody else may write to this Redis. */
  function hear(channel: string, message: string): void {
    try {
      listeners.get(channel)?.(message);
    } catch (err) {
      log.error({ err, channel }, "A message in Redis could not be dealt with.");
    }
  }

  async function beat(): Promise<void> {
    if (beating || closed) return;
    beating = true;
    try {
      const [answer] = await Promise.all([
        redis.eval(beatScript, 2, membersKey, sinceKey, id, goneMs) as Promise<string[]>,
        subscriber.ping(),
      ]);
      if (!closed) answered(answer);
    } catch (error) {
      up = false;
      if (!closed) health.failed(error);
    } finally {
      beating = false;
    }
  }

  function answered([known = "", age = "0", ...members]: readonly string[]): void {
    health.answered();
    // Whoever was silent for too long has been taken for gone, and what was theirs is no longer counted.
    const anew = !up || missed || known !== since || clock.monotonic() - beatenAt >= goneMs;
    up = true;
    begun.resolve();
    missed = false;
    since = known;
    ageMs = Number(age);
    beatenAt = clock.monotonic();
    alive = new Set(members);
    if (anew) for (const listener of onResync) listener();
    for (const listener of onBeat) listener();
  }

  const begun = Promise.withResolvers<void>();
  clock.after(2 * commandTimeoutMs, begun.resolve);
  const stop = clock.every(beatMs, () => void beat());
  const beatWhenReady = (): void => {
    if (redis.status === "ready" && subscriber.status === "ready") void beat();
  };
  for (const client of [redis, subscriber]) client.on("ready", beatWhenReady);

  return {
    ...{ id, redis, health, key, membersKey, begun: begun.promise },
    isUp: () => up,
    isAlive: (processId) => alive.has(processId),
    isSettled: () => up && ageMs >= settleMs,
    async subscribe(channel, listener) {
      listeners.set(channel, listener);
      await subscriber.subscribe(channel);
    },
    unsubscribe(channel) {
      listeners.delete(channel);
      subscriber.unsubscribe(channel).catch(() => {});
    },
    async subscribeAll(start, listener) {
      listeners.set(`${start}*`, listener);
      await subscriber.psubscribe(`${start}*`);
    },
    unsubscribeAll(start) {
      listeners.delete(`${start}*`);
      subscriber.punsubscribe(`${start}*`).catch(() => {});
    },
    onBeat: (listener) => void onBeat.push(listener),
    onResync: (listener) => void onResync.push(listener),
    duplicate: (options = {}) => connect(options),
    async close() {
      closed = true;
      stop();
      // Those who remain need not wait until it has been silent for long.
      if (up) await redis.zrem(membersKey, id).catch(() => {});
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}
