import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log, TaskStore } from "../../core/ports.ts";
import { Refusal } from "../../core/refusal.ts";
import type { RedisLink } from "./redis-link.ts";

/** A request is repeated after this time: the server that took it may have died before it answered. */
const askAgainMs = 2000;

/** Maximum number of attempts; after that no server can answer. */
const maxAsked = 15;

/** Maximum number of requests that may wait for a server. */
const maxWaiting = 10_000;

/** Maximum number of requests that a server takes from the list at a time. */
const perTurn = 100;

/** How long a server waits for a request before it checks whether it must stop. */
const waitSeconds = 1;

type Operation = keyof TaskStore;

interface Question {
  readonly id: string;
  readonly from: string;
  readonly operation: Operation;
  readonly argument: unknown;
}

type Answer = { readonly id: string; readonly value?: unknown; readonly error?: string };

const operations: readonly Operation[] = ["get", "put", "remove", "list"];

/**
 * The task store for processes that have no database. Each request goes over a list in Redis to one of the servers,
 * which have one. Every request may run twice with the same result, so it is repeated until it is answered.
 */
export function createRemoteStore(link: RedisLink): TaskStore {
  const list = link.key("store");
  const waiting = new Map<string, (answer: Answer) => void>();

  link.onResync(() => void link.subscribe(link.key("answers", link.id), take).catch(() => {}));

  function take(message: string): void {
    const answer = JSON.parse(message) as Answer;
    waiting.get(answer.id)?.(answer);
  }

  /** @throws Refusal `unavailable` when no server answers within half a minute; Error when its store fails */
  async function ask(operation: Operation, argument: unknown): Promise<unknown> {
    const id = randomUUID();
    const question = JSON.stringify({ id, from: link.id, operation, argument } satisfies Question);
    const answered = Promise.withResolvers<Answer>();
    waiting.set(id, answered.resolve);
    try {
      for (let asked = 0; asked < maxAsked; asked += 1) {
        await link.redis
          .multi()
          .lpush(list, question)
          .ltrim(list, 0, maxWaiting - 1)
          .exec()
          .catch(() => {});
        const answer = await Promise.race([answered.promise, sleep(askAgainMs, undefined)]);
        if (answer === undefined) continue;
        if (answer.error !== undefined) throw new Error(`The server's store failed: ${answer.error}`);
        return answer.value;
      }
    } finally {
      waiting.delete(id);
    }
    const hint = `No server answered within ${(askAgainMs * maxAsked) / 1000} s. Does one run with the same REDIS_URL?`;
    throw new Refusal("unavailable", { retryAfterMs: askAgainMs, hint });
  }

  return {
    get: (taskId) => ask("get", taskId) as ReturnType<TaskStore["get"]>,
    put: (task) => ask("put", task) as ReturnType<TaskStore["put"]>,
    remove: (taskId) => ask("remove", taskId) as ReturnType<TaskStore["remove"]>,
    list: (filter) => ask("list", filter) as ReturnType<TaskStore["list"]>,
  };
}

/**
 * Answers the requests of processes without a store; each request goes to one server. Returns a function that stops it.
 */
export function serveStore(link: RedisLink, store: TaskStore, log: Log): () => void {
  const list = link.key("store");
  // A connection of its own: it blocks until the next request, and nothing else could use it meanwhile.
  const redis = link.duplicate();
  let closed = false;

  async function answer(text: string): Promise<void> {
    const { id, from, operation, argument } = JSON.parse(text) as Question;
    if (!operations.includes(operation)) return;
    let reply: Answer;
    try {
      reply = { id, value: await (store[operation] as (argument: unknown) => Promise<unknown>)(argument) };
    } catch (err) {
      log.error({ err, operation }, "A process without a store could not be served.");
      reply = { id, error: err instanceof Error ? err.message : String(err) };
    }
    await link.redis.publish(link.key("answers", from), JSON.stringify(reply)).catch(() => {});
  }

  async function serve(): Promise<void> {
    while (!closed) {
      try {
        const first = await redis.brpop(list, waitSeconds);
        if (first === null) continue;
        const more = (await redis.rpop(list, perTurn - 1)) ?? [];
        for (const question of [first[1], ...more]) void answer(question);
      } catch {
        await sleep(askAgainMs / 4);
      }
    }
  }

  void serve();
  return () => {
    closed = true;
    redis.disconnect();
  };
}
