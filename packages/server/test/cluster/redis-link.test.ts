import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { startRedis } from "../../../../scripts/services/redis.ts";
import { createRedisLink } from "../../src/cluster/redis/redis-link.ts";
import { systemClock } from "../../src/core/clock.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A proxy in front of Redis that can cut its connections and, from the next subscription on, withholds answers. */
async function startLine(port: number) {
  const sockets = new Set<Socket>();
  const held: Socket[] = [];
  let isHolding = false;
  const listener = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) sockets.add(socket.on("error", () => {}));
    near.on("data", (chunk) => {
      if (isHolding && /subscribe/i.test(chunk.toString("latin1"))) held.push(far.pause());
      far.write(chunk);
    });
    far.on("data", (chunk) => near.write(chunk));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return {
    url: `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    isHeld: () => held.length > 0,
    cutAndHold() {
      isHolding = true;
      for (const socket of sockets) socket.destroy();
    },
    release() {
      isHolding = false;
      for (const socket of held) socket.resume();
    },
  };
}

it("a node outlives a Redis that does not confirm its subscriptions in time, and is handed messages afterwards", async () => {
  const redis = await startRedis();
  onTestFinished(redis.stop);
  const line = await startLine(Number(new URL(redis.url).port));
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const link = createRedisLink({ url: line.url, prefix: "test", clock: systemClock, log: silent });
  onTestFinished(link.close);
  await expect.poll(link.isUp).toBe(true);
  const heard: string[] = [];
  await link.subscribe("one", (message) => heard.push(message));
  await link.subscribeAll("all:", (message) => heard.push(message));

  line.cutAndHold();
  await expect.poll(line.isHeld).toBe(true);
  // The heartbeat that was sent after the subscriptions has failed.
  await expect.poll(link.isUp).toBe(false);
  line.release();
  await expect.poll(link.isUp).toBe(true);
  await expect
    .poll(async () => {
      await link.redis.publish("one", "to one").catch(() => {});
      await link.redis.publish("all:x", "to all").catch(() => {});
      return [...new Set(heard)].sort();
    })
    .toEqual(["to all", "to one"]);
  expect(unhandled).toEqual([]);
});
