import type { Log } from "./ports.ts";

/** A kind of message, with the type of what it carries. */
export interface Topic<Message> {
  readonly name: string;
  /** Never set: it lets TypeScript tell topics of different messages apart. */
  readonly message?: Message;
}

/** Names a topic. The module that publishes it exports it. */
export const defineTopic = <Message>(name: string): Topic<Message> => ({ name });

/** Carries messages to the other nodes of an application, and brings theirs. */
export interface BusTransport {
  /** While the transport is down, other nodes do not receive the message; they resynchronize when it is back. */
  tell(topic: string, message: unknown): void;
  /** One listener for each topic. */
  on(topic: string, listener: (message: never) => void): void;
  /** Calls back at the start, and whenever messages of other nodes may have been lost. */
  onResync(listener: () => void): void;
}

type Subscriber<Message> = (message: Message, from: { readonly remote: boolean }) => void | Promise<void>;

/** Carries messages between modules and, with a transport, between nodes. */
export interface MessageBus {
  /**
   * Hands a message to the subscribers on this node, before it returns, and on every other one.
   * @returns a promise that resolves when the subscribers on this node are done
   */
  publish<Message>(topic: Topic<Message>, message: Message): Promise<void>;
  /** Hands a message to the subscribers on the other nodes only. */
  tell<Message>(topic: Topic<Message>, message: Message): void;
  subscribe<Message>(topic: Topic<Message>, subscriber: Subscriber<Message>): void;
  /** Calls back when messages of other nodes may have been lost; never without other nodes. */
  onResync(listener: () => void): void;
}

/** A subscriber that fails is logged; the others still receive the message. */
export function createMessageBus({ transport, log }: { transport: BusTransport | undefined; log: Log }): MessageBus {
  const subscribers = new Map<string, Subscriber<never>[]>();

  async function deliver(topic: string, message: never, from: { readonly remote: boolean }): Promise<void> {
    const calls = (subscribers.get(topic) ?? []).map(async (subscriber) => {
      try {
        await subscriber(message, from);
      } catch (err) {
        log.error({ err, topic }, "A subscriber of the message bus failed.");
      }
    });
    await Promise.all(calls);
  }

  return {
    publish({ name }, message) {
      transport?.tell(name, message);
      return deliver(name, message as never, { remote: false });
    },
    tell: ({ name }, message) => transport?.tell(name, message),
    subscribe({ name }, subscriber) {
      const known = subscribers.get(name);
      if (known !== undefined) return void known.push(subscriber);
      subscribers.set(name, [subscriber]);
      transport?.on(name, (message) => void deliver(name, message, { remote: true }));
    },
    onResync: (listener) => transport?.onResync(listener),
  };
}
