import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { Clock, SharedTask, TaskExchange, TaskExchangeListener } from "../../core/ports.ts";
import { createRateLimitedUpdates } from "../../tasks/rate-limited-updates.ts";
import type { RedisLink } from "./redis-link.ts";

/** The state of a task that has not ended expires this long after its last change; the store keeps it for good. */
const activeTtlMs = 86_400_000;

/** The same for a task that has ended, for processes that lag behind. */
const endedTtlMs = 600_000;

/**
 * Maximum number of final states that are kept while Redis is unavailable. The store has them all, and followers look
 * there too.
 */
const maxUntold = 10_000;

/**
 * Replaces the state of a task and notifies its followers, if the state is still the one that the writer knew, or if
 * this is the end. A final state is never replaced. The process that held the task before is notified that another one
 * does now.
 * Returns the state that prevented the write.
 */
const shareScript = `
local known = redis.call('HMGET', KEYS[1], 'version', 'ended', 'holder', 'json')
if known[2] == '1' then return known[4] end
if known[1] and ARGV[2] == '0' and known[1] ~= ARGV[1] then return known[4] end
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'ended', ARGV[2], 'holder', ARGV[4], 'json', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', KEYS[1], ARGV[6] .. ARGV[7])
if known[3] and known[3] ~= '' and known[3] ~= ARGV[4] then
  redis.call('PUBLISH', ARGV[8] .. known[3], ARGV[9])
end
return false
`;

/** Deletes the state of a task, and notifies its followers and the process that reports it. */
const removeScript = `
local holder = redis.call('HGET', KEYS[1], 'holder')
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[1], ARGV[1])
if holder and holder ~= '' and holder ~= ARGV[2] then
  redis.call('PUBLISH', ARGV[3] .. holder, ARGV[4])
end
`;

/** Not a process: the holder of a task while no process has announced that it reports it. */
const unknown = "unknown";

interface TaskExchangeOptions {
  readonly link: RedisLink;
  readonly clock: Clock;
  /** At most one message per task in this time, the latest state. */
  readonly flushMs: number;
}

/**
 * The live state of tasks in Redis: one hash for each, and a channel of the same name for its followers. Reports within
 * a tick are sent as one state, and only to processes that have watchers.
 */
export function createTaskExchange({ link, clock, flushMs }: TaskExchangeOptions): TaskExchange & { close(): void } {
  const { redis } = link;
  const keyOf = (taskId: string): string => link.key("task", taskId);
  const ownChannel = link.key("process", "");
  /** Tasks that are followed, with the promise that the first state was read. */
  const followed = new Map<string, Promise<void>>();
  /** The version that Redis has, as far as this process knows: the next state builds on it. */
  const bases = new Map<string, number>();
  /** The process that reports each followed task. */
  const holders = new Map<string, string>();
  const untold = new Map<string, TaskSnapshot>();
  let listener: TaskExchangeListener | undefined;
  let followsAll = false;
  const updates = createRateLimitedUpdates({ clock, flushMs, send: (task) => void write("changed", task) });

  async function write(kind: "created" | "changed" | "ended", task: TaskSnapshot, holder = link.id): Promise<void> {
    const { task_id: taskId, version } = task;
    const ended = isFinal(task.status);
    const base = bases.get(taskId);
    if (ended) bases.delete(taskId);
    else bases.set(taskId, version);
    try {
      const args = [base ?? "", ended ? 1 : 0, version, ended ? "" : holder, ended ? endedTtlMs : activeTtlMs];
      const message = [`${link.id} ${kind} `, JSON.stringify(task), ownChannel, `taken ${taskId}`];
      const standing = (await redis.eval(shareScript, 1, keyOf(taskId), ...args, ...message)) as string | null;
      if (standing !== null) refused(task, JSON.parse(standing) as TaskSnapshot);
    } catch {
      // Redis is unavailable. Tasks that are held here are published again when it is back.
      bases.delete(taskId);
      if (ended) keepUntold(task);
    }
  }

  /** The store has decided that this run is the next; any state in Redis is older. */
  async function resume(task: TaskSnapshot): Promise<void> {
    const { task_id: taskId } = task;
    const standing = (await read([taskId])).get(taskId)?.task;
    if (standing !== undefined) bases.set(taskId, standing.version);
    await write("changed", task, "");
    if (!followed.has(taskId)) bases.delete(taskId);
  }

  function keepUntold(task: TaskSnapshot): void {
    const [oldest] = untold.keys();
    if (untold.size >= maxUntold && oldest !== undefined) untold.delete(oldest);
    untold.set(task.task_id, task);
  }

  /** Another process has reported meanwhile, or this process no longer knows the version in Redis. */
  function refused(ours: TaskSnapshot, standing: TaskSnapshot): void {
    if (isFinal(ours.status)) return;
    if (isFinal(standing.status)) return listener?.received("ended", standing);
    bases.set(ours.task_id, standing.version);
    const merged = listener?.merge(standing);
    if (merged !== undefined) void write("changed", merged);
  }

  function take(message: string): void {
    const [from = "", kind] = message.split(" ", 2);
    if (from === link.id || kind === undefined) return;
    const task = JSON.parse(message.slice(from.length + kind.length + 2)) as TaskSnapshot;
    // The update that is pending for the next tick is older, and would be taken for the successor of this.
    updates.drop(task.task_id);
    if (kind === "removed") bases.delete(task.task_id);
    else note(task, from);
    listener?.received(kind as "created" | "changed" | "ended" | "removed", task);
  }

  function note(task: TaskSnapshot, holder: string): void {
    const { task_id: taskId, version } = task;
    if (!followed.has(taskId)) return;
    if (version > (bases.get(taskId) ?? 0)) bases.set(taskId, version);
    holders.set(taskId, holder);
  }

  async function read(taskIds: readonly string[]): Promise<ReadonlyMap<string, SharedTask>> {
    const found = new Map<string, SharedTask>();
    await link.begun;
    const isLost = link.isSettled();
    if (!link.isUp() || taskIds.length === 0) return found;
    try {
      const rows = await Promise.all(taskIds.map((taskId) => redis.hmget(keyOf(taskId), "json", "holder")));
      for (const [index, [json, holder]] of rows.entries()) {
        const taskId = taskIds[index] as string;
        if (json == null) found.set(taskId, { task: undefined, isAbandoned: isLost });
        else
          found.set(taskId, {
            task: JSON.parse(json) as TaskSnapshot,
            isAbandoned: isLost && !link.isAlive(holder ?? ""),
          });
        if (holder && followed.has(taskId)) holders.set(taskId, holder);
      }
    } catch {
      // Treated as if Redis knew nothing: the store answers.
    }
    return found;
  }

  /**
   * Watchers may have received a state while Redis was unavailable: they receive what has changed since, including the
   * end.
   */
  async function followAgain(taskId: string): Promise<void> {
    await link.subscribe(keyOf(taskId), take).catch(() => {});
    listener?.lookAgain(taskId);
  }

  /** Subscribes first, reads after that: a change in between is in one of both. */
  async function followOne(taskId: string): Promise<void> {
    try {
      await link.subscribe(keyOf(taskId), take);
    } catch {
      // Redis is unavailable; the task is followed once it is back.
      return;
    }
    const task = (await read([taskId])).get(taskId)?.task;
    if (!followed.has(taskId)) return;
    // No process publishes a task that Redis does not know, unless one does so soon.
    if (task === undefined) return void holders.set(taskId, unknown);
    note(task, holders.get(taskId) ?? "");
    listener?.found(task);
  }

  link.onResync(() => {
    for (const task of untold.values()) void write("ended", task);
    untold.clear();
    for (const task of listener?.held() ?? []) {
      bases.delete(task.task_id);
      void write("changed", task);
    }
    void link.subscribe(`${ownChannel}${link.id}`, ownMessage).catch(() => {});
    if (followsAll) void link.subscribeAll(keyOf(""), take).catch(() => {});
    for (const taskId of followed.keys()) followed.set(taskId, followAgain(taskId));
  });

  /** A process that is gone sends nothing more, and its last state may be in the store only. */
  link.onBeat(() => {
    if (!link.isSettled()) return;
    for (const [taskId, holder] of holders) {
      if (!followed.has(taskId)) holders.delete(taskId);
      else if (holder !== "" && !link.isAlive(holder)) {
        holders.delete(taskId);
        listener?.lookAgain(taskId);
      }
    }
  });

  function ownMessage(message: string): void {
    const [verb, taskId = ""] = message.split(" ", 2);
    if (verb === "removed") return listener?.removedElsewhere(taskId);
    if (verb !== "taken") return;
    if (!followed.has(taskId)) bases.delete(taskId);
    listener?.taken(taskId);
  }

  return {
    bind(bound) {
      listener = bound;
    },
    share(kind, task) {
      if (kind === "changed") return updates.mark(task);
      updates.drop(task.task_id);
      if (kind === "resumed") return void resume(task);
      if (kind !== "removed") return void write(kind, task);
      bases.delete(task.task_id);
      const message = `${link.id} removed ${JSON.stringify(task)}`;
      const args = [message, link.id, ownChannel, `removed ${task.task_id}`];
      void redis.eval(removeScript, 1, keyOf(task.task_id), ...args).catch(() => {});
    },
    read,
    follow(taskId) {
      if (!followed.has(taskId)) followed.set(taskId, followOne(taskId));
    },
    unfollow(taskId) {
      if (!followed.delete(taskId)) return;
      holders.delete(taskId);
      link.unsubscribe(keyOf(taskId));
      listener?.unfollowed(taskId);
    },
    followAll(wanted) {
      if (wanted === followsAll) return;
      followsAll = wanted;
      if (wanted) void link.subscribeAll(keyOf(""), take).catch(() => {});
      else link.unsubscribeAll(keyOf(""));
    },
    synced: (taskId) => followed.get(taskId),
    close: () => updates.close(),
  };
}
