import type { BusTransport } from "../../core/message-bus.ts";
import type { Log } from "../../core/ports.ts";
import type { RedisLink } from "./redis-link.ts";

/** Carries the messages of the bus over a channel of Redis. */
export function createControlChannel(link: RedisLink, log: Log): BusTransport {
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
    onResync: link.onResync,
  };
}
