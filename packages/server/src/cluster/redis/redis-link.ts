import { randomBytes } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import type { Clock, Log } from "../../core/ports.ts";
import { createDependencyHealth, type DependencyHealth } from "../../observability/dependency-health.ts";

/** Heartbeat interval of a process. The heartbeat also checks whether Redis answers. */
const beatMs = 500;

/** A process without a heartbeat for this long counts as gone: an event loop may stand still for a while. */
export const goneMs = 6000;

/** Timeout of a command. Redis answers in less than a millisecond, or it is in trouble. */
const commandTimeoutMs = 1000;

/** A connection without data for this long is dead, because heartbeats are answered. */
const silenceMs = 5000;

/** A connection is retried for ever, at least twice a second. */
const patient: RedisOptions = { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 50, 500) };

/** The data of a new Redis may be incomplete for this long: processes may not have written everything they know. */
const settleMs = goneMs;

/**
 * Records that a process is alive. Returns the live processes, and since when Redis has its data: a process that
 * receives another time than before knows that Redis has lost its data. Times are Redis' own, since the clocks of
 * processes differ.
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

/** The Redis connection that all shared state uses, and the list of live processes. */
export interface RedisLink {
  /** The id of this process, for the others. */
  readonly id: string;
  /** Rejects at once while Redis is unavailable, and after a second when it does not answer. */
  readonly redis: Redis;
  readonly health: DependencyHealth;
  /** Resolves when Redis has answered for the first time, or has had time to. */
  readonly begun: Promise<void>;
  /** Whether Redis answers at present. */
  isUp(): boolean;
  /** Whether a process was alive at the last heartbeat. */
  isAlive(processId: string): boolean;
  /** Whether all processes have had time to write their shared state to this Redis. */
  isSettled(): boolean;
  /** The name of one of our keys or channels. */
  key(...parts: string[]): string;
  /** The key of the sorted set of live processes in Redis. */
  readonly membersKey: string;
  /**
   * Resolves when the subscription is active; it stays so after an outage of Redis. Rejects while Redis is unavailable.
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): void;
  /** The same for all channels with this prefix. */
  subscribeAll(prefix: string, listener: (message: string) => void): Promise<void>;
  unsubscribeAll(prefix: string): void;
  /** Called for every heartbeat that was answered. */
  onBeat(listener: () => void): void;
  /**
   * Called at the start, and whenever messages may have been missed or Redis has lost its data: publish all state
   * again.
   */
  onResync(listener: () => void): void;
  /** Another connection to the same address, for a caller that blocks it. */
  duplicate(options?: RedisOptions): Redis;
  close(): Promise<void>;
}

interface RedisLinkOptions {
  readonly url: string;
  /** Prefix of each key, so that several applications may share a Redis. */
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
    // Without a listener an error ends the process. The heartbeats show what it means.
    redis.on("error", () => {});
    return redis;
  };
  const impatient = { enableOfflineQueue: false, commandTimeout: commandTimeoutMs, socketTimeout: silenceMs };
  const redis = connect({ ...impatient, enableAutoPipelining: true });
  // The library subscribes again by itself, but ends the process when Redis does not confirm that in time.
  const subscriber = connect({ ...impatient, autoResubscribe: false });
  const membersKey = key("processes");
  const sinceKey = key("since");
  /** By channel, or by pattern for a prefix. */
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
      // A subscription that is confirmed too late is active all the same. One that is lost with its connection is
      // repeated on the next.
      (channel.endsWith("*") ? subscriber.psubscribe(channel) : subscriber.subscribe(channel)).catch(() => {});
    }
  });

  /** A message that cannot be read must not end the process: another application may write to this Redis. */
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
    // The others have taken a process that was silent for too long for gone, and no longer count what it held.
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
      // The remaining processes need not wait until this one has been silent for long.
      if (up) await redis.zrem(membersKey, id).catch(() => {});
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}
