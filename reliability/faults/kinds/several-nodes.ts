import { Redis } from "ioredis";
import pg from "pg";
import type { Shared } from "../shared.ts";
import { pause, type World } from "../world.ts";
import type { FaultKind, Scene } from "./kind.ts";
import { died } from "./server-ends.ts";

/** Within this time of its return everybody agrees again; a second less, which is what a gap may last anyway. */
const agreedMs = 4000;

const downMs = (random: () => number): number => random() * 500;

/** No client can receive what the other node does, until a while after the way is open again. */
async function apart(world: World, forMs: number, end: () => unknown, restore: () => unknown): Promise<void> {
  world.record({ operation: "silenced", at: Date.now() });
  const { told } = await world.audienceStatus();
  await end();
  const over = pause(forMs);
  const least = forMs / 100;
  const goesOn = await world.until(async () => (await world.audienceStatus()).told > told + least, forMs);
  world.promise("local delivery goes on", goesOn, `fewer than ${least} states in ${forMs} ms`);
  await over;
  await restore();
  await pause(agreedMs);
  world.record({ operation: "heard", at: Date.now() });
}

const sharedOf = ({ world }: Scene): Shared => world.shared as Shared;

const redisAway = (name: string, fault: string, forMs: (scene: Scene) => number): FaultKind => ({
  ...{ name, fault, nodes: 2, unnoticedMs: 75_000, ...(name === "redis_killed_60s" && { most: 3 }) },
  promise: "local delivery goes on; within 5 s of its return all nodes agree; nothing lost, nothing twice",
  async inject(scene) {
    const { redis } = sharedOf(scene);
    await apart(scene.world, forMs(scene), () => redis.kill("SIGKILL"), redis.restart);
  },
});

/** A node is killed: the one or the other in turn. */
async function killNode({ world, random, number }: Scene, end: (node: number) => Promise<unknown>): Promise<void> {
  const node = number % 2;
  await end(node);
  // What it had not told the other node yet died with it: no client can have missed that.
  world.record({ operation: "silenced", at: Date.now() });
  await pause(downMs(random));
  await world.restart(node);
  world.record({ operation: "heard", at: Date.now() });
}

/** The fault table, for two nodes with Redis and PostgreSQL. */
export const severalNodes: readonly FaultKind[] = [
  {
    ...{ name: "node_killed", nodes: 2, tasks: 200, pace: 0.05 },
    fault: "kill -9 of one of two nodes in the middle of 200 tasks",
    promise: "its clients go on with the other within 5 s (p99); every end applied once; progress never backwards",
    inject: (scene) =>
      killNode(scene, async (node) => {
        await pause(scene.random() * 1000);
        scene.world.servers[node]?.signal("SIGKILL");
        await scene.world.servers[node]?.exited;
      }),
  },
  {
    ...{ name: "node_killed_after_commit", nodes: 2 },
    fault: "kill -9 of one of two nodes between commit and emit",
    promise: "what is committed is delivered later, to clients of both nodes",
    inject: (scene) =>
      killNode(scene, async (node) => {
        const server = scene.world.servers[node];
        await server?.ask("arm", "after_commit");
        await died(scene.world, server?.exited ?? Promise.resolve());
      }),
  },
  {
    ...{ name: "rolling_restart", nodes: 2, recoveryP99Ms: 3000, env: { SIGNALBOX_DRAIN_WINDOW: "2" } },
    fault: "SIGTERM of one node, and after its return of the other",
    promise: "sent away in batches; nothing lost; nobody without live state for more than 3 s (p99)",
    async inject({ world }) {
      for (const node of [0, 1]) {
        const server = world.servers[node];
        await world.avoid(node);
        server?.signal("SIGTERM");
        const code = await server?.exited;
        await world.avoid(null);
        world.promise("exit in order", code === 0, String(code));
        await world.restart(node);
        await world.allWell();
      }
    },
  },
  redisAway("redis_killed_1s", "Redis killed, and back empty after 1 s", () => 1000),
  redisAway("redis_killed_10s", "Redis killed, and back empty after 10 s", ({ quick }) => (quick ? 4000 : 10_000)),
  redisAway("redis_killed_60s", "Redis killed, and back empty after 60 s", ({ quick }) => (quick ? 4000 : 60_000)),
  {
    ...{ name: "redis_frozen", nodes: 2, unnoticedMs: 75_000 },
    fault: "Redis frozen for 10 s",
    promise: "local delivery goes on; within 5 s all nodes agree; nothing lost, nothing twice",
    async inject(scene) {
      const { redis } = sharedOf(scene);
      const forMs = scene.quick ? 4000 : 10_000;
      await apart(
        scene.world,
        forMs,
        () => redis.kill("SIGSTOP"),
        () => redis.kill("SIGCONT"),
      );
    },
  },
  {
    ...{ name: "redis_emptied", nodes: 2, unnoticedMs: 10_000 },
    fault: "Redis emptied (FLUSHALL)",
    promise: "everything is said anew; nothing lost, nothing twice",
    async inject(scene) {
      const redis = new Redis(sharedOf(scene).redis.url);
      await redis.flushall();
      redis.disconnect();
      await pause(2000);
    },
  },
  {
    ...{ name: "half_open", nodes: 2, unnoticedMs: 75_000 },
    fault: "nothing gets through between one node and Redis for 10 s, and neither end is told",
    promise: "as Redis frozen, for one node",
    async inject(scene) {
      const { line } = sharedOf(scene);
      await apart(scene.world, scene.quick ? 4000 : 10_000, line.freeze, line.thaw);
    },
  },
  {
    ...{ name: "postgres_frozen", nodes: 2 },
    fault: "PostgreSQL frozen for 10 s",
    promise: "writes are late or refused, never acknowledged without a row; live progress goes on on both nodes",
    async inject(scene) {
      const { world } = scene;
      const { postgres } = sharedOf(scene);
      await workGoesOn(world);
      const { told } = await world.audienceStatus();
      postgres.kill("SIGSTOP");
      const over = pause(scene.quick ? 3000 : 10_000);
      // Later most tasks wait for their end to be stored, and have no progress left.
      const goesOn = await world.until(async () => (await world.audienceStatus()).told > told + 30, 2000);
      world.promise("live progress goes on", goesOn, "fewer than 30 states in 2 s");
      await over;
      postgres.kill("SIGCONT");
      await answers(postgres.url);
    },
  },
];

/**
 * Waits until tasks make progress again: after the freeze before, all of them wait for their ends to be stored, and a
 * slow machine has not stored them yet.
 * @throws Error after a minute
 */
async function workGoesOn(world: World): Promise<void> {
  const { told } = await world.audienceStatus();
  const goesOn = await world.until(async () => (await world.audienceStatus()).told > told + 500, 60_000);
  if (!goesOn) throw new Error("Tasks make no progress, although PostgreSQL answers.");
}

/** Until the database takes questions again. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    const isThere = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (isThere) return;
    await pause(200);
  }
}
