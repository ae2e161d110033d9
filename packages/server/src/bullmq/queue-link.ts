import { randomUUID } from "node:crypto";
import type { QueueBaseOptions } from "bullmq";
import { Redis, type RedisOptions } from "ioredis";

/** Of several processes that are attached to one queue the one with the lease reports; it is renewed well before its end. */
export const leaseMs = 6000;

/** How long it is remembered that a job is to be cancelled. */
const cancelTtlMs = 86_400_000;

const leaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
`;

const releaseScript = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";

/** What processes that show or work off one queue tell each other beside the queue itself. */
export interface QueueLink {
  /** Takes or renews the lease. False when another process has it. */
  lease(): Promise<boolean>;
  release(): Promise<void>;
  /** Asks whoever works on a job to stop. */
  askToCancel(jobId: string): Promise<void>;
  wasAskedToCancel(jobId: string): Promise<boolean>;
  onCancel(listener: (jobId: string) => void): Promise<void>;
  close(): void;
}

type Connection = QueueBaseOptions["connection"];

/** Over connections of its own, made as those of the queue are. */
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

/** A queue is given a client, or what it takes to make one. */
function connect(connection: Connection): Redis {
  const redis =
    "duplicate" in connection && typeof connection.duplicate === "function"
      ? (connection as unknown as Redis).duplicate()
      : new Redis({ ...(connection as RedisOptions), replyMapping: "legacy" });
  // Without a listener an error ends the process; whoever asks is told by the command that fails.
  redis.on("error", () => {});
  return redis;
}
