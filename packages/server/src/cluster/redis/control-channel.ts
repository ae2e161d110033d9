import type { Log } from "../../core/ports.ts";
import type { RedisLink } from "./redis-link.ts";

/** Messages that each process tells all others. */
export interface ControlChannel<Messages extends object> {
  /** Tells the others; while Redis is away nobody hears it, and all look for themselves when it is back. */
  tell<Topic extends keyof Messages & string>(topic: Topic, message: Messages[Topic]): void;
  on<Topic extends keyof Messages & string>(topic: Topic, listener: (message: Messages[Topic]) => void): void;
}

export function createControlChannel<Messages extends object>(link: RedisLink, log: Log): ControlChannel<Messages> {
  const channel = link.key("control");
  const listeners = new Map<string, (message: never) => void>();

  function take(text: string): void {
    const [from, topic, message] = JSON.parse(text) as [string, string, never];
    if (from === link.id) return;
    try {
      listeners.get(topic)?.(message);
    } catch (err) {
      log.error({ err, topic }, "A message of another process could not be dealt with.");
    }
  }

  link.onResync(() => void link.subscribe(channel, take).catch(() => {}));
  return {
    tell: (topic, message) =>
      void link.redis.publish(channel, JSON.stringify([link.id, topic, message])).catch(() => {}),
    on: (topic, listener) => void listeners.set(topic, listener),
  };
}
