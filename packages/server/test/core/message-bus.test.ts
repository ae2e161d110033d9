/**
 * Messages between modules and nodes. Two nodes are connected in one process here; the cluster tests connect them by
 * Redis.
 */
import { expect, it } from "vitest";
import { type BusTransport, createMessageBus, defineTopic } from "../../src/core/message-bus.ts";
import { createTestLog } from "../security-log/fixture.ts";

const greeting = defineTopic<string>("greeting");

/** One transport for each of two nodes; it carries messages as JSON. */
function createTransports(): [BusTransport, BusTransport] {
  const listeners = [new Map<string, (message: never) => void>(), new Map<string, (message: never) => void>()];
  const resyncs: (() => void)[] = [];
  const transportOf = (own: number): BusTransport => ({
    tell: (topic, message) => listeners[1 - own]?.get(topic)?.(JSON.parse(JSON.stringify(message)) as never),
    on(topic, listener) {
      if (listeners[own]?.has(topic)) throw new Error(`${topic} has a listener already.`);
      listeners[own]?.set(topic, listener);
    },
    onResync: (listener) => void resyncs.push(listener),
  });
  return [transportOf(0), transportOf(1)];
}

const busOf = (transport?: BusTransport) => createMessageBus({ transport, log: createTestLog() });

it("calls every subscriber of a topic before publish returns, and resolves when they are done", async () => {
  const bus = busOf();
  const steps: string[] = [];
  const slow = Promise.withResolvers<void>();
  bus.subscribe(greeting, (text) => void steps.push(`first ${text}`));
  bus.subscribe(greeting, async (text, { remote }) => {
    steps.push(`second ${text} ${remote}`);
    await slow.promise;
    steps.push("done");
  });
  bus.subscribe(defineTopic<string>("other"), () => void steps.push("other"));
  const published = bus.publish(greeting, "hello");
  expect(steps).toEqual(["first hello", "second hello false"]);
  slow.resolve();
  await published;
  expect(steps).toEqual(["first hello", "second hello false", "done"]);
});

it("publishes to the subscribers on other nodes as remote, and tells only them", async () => {
  const [here, there] = createTransports().map(busOf);
  const received: string[] = [];
  here?.subscribe(greeting, (text, { remote }) => void received.push(`here ${text} ${remote}`));
  for (const name of ["a", "b"]) {
    there?.subscribe(greeting, (text, { remote }) => void received.push(`there ${name} ${text} ${remote}`));
  }
  await here?.publish(greeting, "one");
  here?.tell(greeting, "two");
  await expect.poll(() => received).toHaveLength(5);
  expect(received.toSorted()).toEqual([
    "here one false",
    ...["there a one true", "there a two true", "there b one true", "there b two true"],
  ]);
});

it("logs a subscriber that fails, at once or later, and calls the others", async () => {
  const log = createTestLog();
  const bus = createMessageBus({ transport: undefined, log });
  const received: string[] = [];
  bus.subscribe(greeting, () => {
    throw new Error("at once");
  });
  bus.subscribe(greeting, () => Promise.reject(new Error("later")));
  bus.subscribe(greeting, (text) => void received.push(text));
  await bus.publish(greeting, "hello");
  expect(received).toEqual(["hello"]);
  expect(log.lines).toHaveLength(2);
});

it("asks no subscriber to resynchronize on an application of one node", () => {
  busOf().onResync(() => expect.unreachable());
});
