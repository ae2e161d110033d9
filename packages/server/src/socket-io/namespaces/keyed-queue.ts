import { Refusal } from "../../core/refusal.ts";

/** Requests of one socket that may wait for one room. No client needs more, and each that waits holds memory. */
const maxWaiting = 32;

/** How long a client waits before it retries when too many requests wait for a room. */
const retryMs = 1000;

/** Runs what has the same key one after the other, in the order of arrival. */
export type KeyedQueue = <Result>(key: string, run: () => Promise<Result>) => Promise<Result>;

/**
 * One queue for each key, and no order across keys. A client that joins and leaves a room without waiting for the
 * answers means its last request. In parallel, a join that looks something up would end after the leave, and the client
 * would stay in the room. A handler that hangs delays its own key only: other rooms, limits and refusals continue.
 */
export function createKeyedQueue(): KeyedQueue {
  const lines = new Map<string, { last: Promise<unknown>; waiting: number }>();

  return async (key, run) => {
    const line = lines.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (line.waiting >= maxWaiting) {
      throw new Refusal("rate_limited", { retryAfterMs: retryMs, hint: `${maxWaiting} requests wait for "${key}".` });
    }
    const result = line.last.then(run);
    line.last = result.catch(() => {});
    line.waiting += 1;
    lines.set(key, line);
    try {
      return await result;
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) lines.delete(key);
    }
  };
}
