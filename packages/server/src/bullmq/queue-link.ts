import { randomUUID } from "node:crypto";
import type { QueueBaseOptions } from "bullmq";
import { Redis, type RedisOptions } from "ioredis";

/**
 * Of several processes that are attached to one queue, the one with the lease reports. It renews the lease well before
 * it expires.
 */
export const leaseMs = 6000;

/** How long a request to cancel a job is remembered. */
const cancelTtlMs = 86_400_000;

const leaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
`;

const releaseScript = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";

/** Messages between processes that show or process one queue, beside the queue itself. */
export interface QueueLink {
  /** Takes or renews the lease. False when another process holds it. */
  lease(): Promise<boolean>;
  release(): Promise<void>;
  /** Asks the worker of a job to stop. */
  askToCancel(jobId: string): Promise<void>;
  wasAskedToCancel(jobId: string): Promise<boolean>;
  onCancel(listener: (jobId: string) => void): Promise<void>;
  close(): void;
}

type Connection = QueueBaseOptions["connection"];

/** Uses connections of its own, made like those of the queue. */
export function createQueueLink(connection: Connection, queueKey: string): QueueLink {
  const self = randomUUID();
  const redis = connect(connection);
  let subscriber: Redis | undefined;
  const leaseKey = `${queueKey}:signalbox-reporter`;
  const channel = `${queueKey}:signalbox-cancel`;
  const cancelKey = (jobId: string): string => `${channel}:${jobId}`;

  return {
    lease: async () => (await redis.eval(leaseScript, 1, leaseKey, self, leaseMs)) !== null,
    release: async () => void (await redis.eval(releaseScript, 1, leaseKey, self)),
    async askToCancel(jobId) {
      await redis.set(cancelKey(jobId), 1, "PX", cancelTtlMs);
      await redis.publish(channel, jobId);
    },
    wasAskedToCancel: async (jobId) => (await redis.exists(cancelKey(jobId))) === 1,
    async onCancel(listener) {
      subscriber = connect(connection);
      subscriber.on("message", (_channel: string, jobId: string) => listener(jobId));
      await subscriber.subscribe(channel);
    },
    close() {
      redis.disconnect();
      subscriber?.disconnect();
    },
  };
}

/** A queue receives a client, or the options to create one. */
function connect(connection: Connection): Redis {
  const redis =
    "duplicate" in connection && typeof connection.duplicate === "function"
      ? (connection as unknown as Redis).duplicate()
      : new Redis({ ...(connection as RedisOptions), replyMapping: "legacy" });
  // Without a listener an error ends the process. The caller learns of it from the command that fails.
  redis.on("error", () => {});
  return redis;
}
