import type { SlotCounter } from "../../socket-io/namespaces/connection-slots.ts";
import { goneMs, type RedisLink } from "./redis-link.ts";

/** Counts of processes that are gone expire after this time, if no connection has taken a slot meanwhile. */
const ttlMs = 86_400_000;

/**
 * Slots of a process that has been silent for this long are not counted, well before it counts as gone. Its clients are
 * reconnecting to other nodes, and would be refused for slots that no connection holds.
 */
const silentMs = 2000;

/**
 * Takes a slot of a subject unless the slots of live processes reach the cap. Counting and taking are one step in
 * Redis, so that connections that arrive at several processes at once cannot pass together.
 */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sum = 0
local seats = redis.call('HGETALL', KEYS[1])
for i = 1, #seats, 2 do
  local ends = redis.call('ZSCORE', KEYS[2], seats[i])
  if not ends then redis.call('HDEL', KEYS[1], seats[i])
  elseif seats[i] == ARGV[1] or ends - now > tonumber(ARGV[4]) then sum = sum + seats[i + 1] end
end
if sum >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

const leaveScript = `
if redis.call('HINCRBY', KEYS[1], ARGV[1], -1) < 1 then redis.call('HDEL', KEYS[1], ARGV[1]) end
`;

/**
 * Slots over all processes: for each subject, a hash of the number that each process has assigned. While Redis is
 * unavailable, every process counts for itself; when it is back, each writes its own count.
 */
export function createSharedSlots(link: RedisLink): SlotCounter {
  const { redis, membersKey } = link;
  const keyOf = (subject: string): string => link.key("seats", subject);
  let taken: () => Iterable<readonly [subject: string, count: number]> = () => [];
  /** Subjects for which Redis may have another count than this process. */
  const unsure = new Set<string>();

  link.onResync(() => {
    const counts = new Map(taken());
    for (const subject of unsure) if (!counts.has(subject)) counts.set(subject, 0);
    unsure.clear();
    for (const [subject, count] of counts) {
      const written = redis.multi().hset(keyOf(subject), link.id, count).pexpire(keyOf(subject), ttlMs).exec();
      written.catch(() => unsure.add(subject));
    }
  });

  return {
    bind(count) {
      taken = count;
    },
    async take(subject, cap) {
      if (!link.isUp()) return undefined;
      try {
        return (
          (await redis.eval(takeScript, 2, keyOf(subject), membersKey, link.id, cap, ttlMs, goneMs - silentMs)) === 1
        );
      } catch {
        unsure.add(subject);
        return undefined;
      }
    },
    leave(subject) {
      if (!link.isUp()) return void unsure.add(subject);
      redis.eval(leaveScript, 1, keyOf(subject), link.id).catch(() => unsure.add(subject));
    },
  };
}
