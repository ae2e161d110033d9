/** Tasks that are reported on one node and watched on another. */
import type { TaskSnapshot } from "@signalbox/protocol";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createReporter } from "../../src/cluster/redis/connect-redis.ts";
import { connectClient, type TestServer, transports } from "../../src/testing/index.ts";
import { importCustomers } from "../documented/worker.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
let here: TestServer;
let there: TestServer;
beforeAll(async () => {
  cluster = await startCluster({
    env: { SIGNALBOX_CONNECT_RATE_PER_USER: "1000", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "50" },
  });
  [here, there] = cluster.nodes as [TestServer, TestServer];
});
afterAll(() => cluster.close());

const signIn = () => cluster.sessions.signIn({ userId: "ada" });
const newTask = { kind: "t", title: "T", owner_id: "ada" };

describe.each(transports)("over %s", (transport) => {
  it("a watcher on another node is told of each change and of the end, in versions that rise", async () => {
    const client = await connectClient(there.url, { ...signIn(), transport });
    const { task_id } = await here.realtime.progress.create(newTask);
    const { task } = await client.request("join_task", { task_id });
    expect(task).toMatchObject({ status: "queued", task_id });
    await here.realtime.progress.report(task_id, { status: "running", percent: 10 });
    expect(await client.next("progress_update")).toMatchObject({ status: "running", percent: 10 });
    await here.realtime.progress.report(task_id, { percent: 55 });
    expect(await client.next("progress_update")).toMatchObject({ percent: 55 });
    await here.realtime.progress.complete(task_id, { done: 1 });
    const end: TaskSnapshot = await client.next("task_completed");
    expect(end).toMatchObject({ status: "completed", result: { done: 1 } });
    expect(end.version).toBeGreaterThan(task.version);
    client.close();
  });

  it("a client that joins late on another node sees the latest state, not the stored one", async () => {
    const { task_id } = await here.realtime.progress.create(newTask);
    await here.realtime.progress.report(task_id, { status: "running", percent: 1 });
    const latest = await here.realtime.progress.report(task_id, { percent: 42 });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const client = await connectClient(there.url, { ...signIn(), transport });
    const { task } = await client.request("join_task", { task_id });
    expect(task).toMatchObject({ percent: 42, version: latest.version });
    client.close();
  });

  it("a process without a socket server reports to the watchers on other nodes", async () => {
    const reporter = createReporter({
      redis: cluster.redis.url,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const { task_id } = await here.realtime.progress.create(newTask);
    const clients = await Promise.all([here, there].map(({ url }) => connectClient(url, { ...signIn(), transport })));
    for (const client of clients) await client.request("join_task", { task_id });
    await reporter.report(task_id, { status: "running", percent: 5 });
    for (const client of clients) expect(await client.next("progress_update")).toMatchObject({ percent: 5 });
    await reporter.complete(task_id, "made elsewhere");
    for (const client of clients)
      expect(await client.next("task_completed")).toMatchObject({ result: "made elsewhere" });
    expect(await cluster.store.tasks.get(task_id)).toMatchObject({ status: "completed" });
    await reporter.close();

    const { task_id: another } = await here.realtime.progress.create(newTask);
    for (const client of clients) await client.request("join_task", { task_id: another });
    await importCustomers(another, cluster.redis.url, { debug() {}, info() {}, warn() {}, error() {} });
    for (const client of clients) expect(await client.next("task_completed")).toMatchObject({ result: { rows: 1200 } });
    for (const client of clients) client.close();
  });
});

it("two processes that report one task at once never let percent fall, and one of two ends counts", async () => {
  const { task_id } = await here.realtime.progress.create(newTask);
  const client = await connectClient(here.url, signIn());
  const other = await connectClient(there.url, signIn());
  for (const each of [client, other]) await each.request("join_task", { task_id });
  await here.realtime.progress.report(task_id, { status: "running" });
  // Both processes know of the run: a percentage that is reported for a queued task does not belong to the run.
  const isRunning = expect.objectContaining({ status: "running" });
  await expect.poll(() => other.received("progress_update")).toContainEqual(isRunning);
  for (let percent = 1; percent <= 40; percent += 1) {
    await Promise.all([
      here.realtime.progress.report(task_id, { percent }),
      there.realtime.progress.report(task_id, { percent: 41 - percent }),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const ends = await Promise.allSettled([
    here.realtime.progress.complete(task_id),
    there.realtime.progress.cancelled(task_id),
  ]);
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const stored = await cluster.store.tasks.get(task_id);
  for (const each of [client, other]) {
    const end: TaskSnapshot = await each.next(stored?.status === "completed" ? "task_completed" : "task_cancelled");
    expect(end).toEqual(stored);
    const percents = (each.received("progress_update") as TaskSnapshot[]).map(({ percent }) => percent ?? 0);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    each.close();
  }
});

it("a node publishes one state per tick, and only to nodes with watchers, however many reports and watchers there are", async () => {
  const redis = new Redis(cluster.redis.url);
  const published = async (): Promise<number> =>
    Number(/cmdstat_publish:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
  const { task_id } = await here.realtime.progress.create(newTask);
  const channel = `signalbox:task:${task_id}`;
  expect(await redis.pubsub("NUMSUB", channel)).toEqual([channel, 0]);
  const clients = await Promise.all(Array.from({ length: 10 }, () => connectClient(there.url, signIn())));
  for (const client of clients) await client.request("join_task", { task_id });
  expect(await redis.pubsub("NUMSUB", channel)).toEqual([channel, 1]);
  await here.realtime.progress.report(task_id, { status: "running" });

  const before = await published();
  const startedAt = performance.now();
  let reports = 0;
  for (; reports <= 1000 || performance.now() - startedAt < 1000; reports += 1) {
    await here.realtime.progress.report(task_id, { current: reports });
    if (reports % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  // One tick every 100 ms, and one tick of tolerance.
  const ticks = (performance.now() - startedAt) / 100;
  expect((await published()) - before).toBeLessThanOrEqual(ticks + 1);
  for (const client of clients) {
    await expect.poll(() => client.received("progress_update").at(-1)).toMatchObject({ current: reports - 1 });
    client.close();
  }
  await expect.poll(() => redis.pubsub("NUMSUB", channel)).toEqual([channel, 0]);
  redis.disconnect();
});

it("a task that one node removes is not brought back by the node that reports it", async () => {
  const { progress } = here.realtime;
  const { task_id } = await progress.create(newTask);
  await progress.report(task_id, { status: "running", percent: 1 });
  await expect.poll(async () => (await there.realtime.progress.get(task_id))?.status).toBe("running");
  await progress.report(task_id, { percent: 2 });
  await there.realtime.progress.remove(task_id);
  await expect.poll(() => progress.peek(task_id)).toBeUndefined();
  await expect(progress.report(task_id, { percent: 3 })).rejects.toMatchObject({ code: "task_not_found" });
  await progress.flush();
  expect(await cluster.store.tasks.get(task_id)).toBeUndefined();
});

it("erasing a user on one node ends connections and tasks on the others, and in worker processes", async () => {
  const { realtime } = here;
  const worker = createReporter({ redis: cluster.redis.url, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  onTestFinished(() => worker.close());
  const client = await connectClient(there.url, cluster.sessions.signIn({ userId: "grace" }));
  onTestFinished(() => client.close());
  const { task_id } = await there.realtime.progress.create({ ...newTask, owner_id: "grace" });
  await worker.report(task_id, { status: "running", percent: 1 });
  await worker.report(task_id, { percent: 2 });
  expect(await realtime.users.erase("grace")).toMatchObject({ tasks: 1 });
  await client.disconnected();
  await expect
    .poll(() =>
      worker.report(task_id, { percent: 3 }).then(
        () => "reported",
        ({ code }) => code,
      ),
    )
    .toBe("task_not_found");
  expect(await realtime.users.export("grace")).toMatchObject({ tasks: [] });
});
