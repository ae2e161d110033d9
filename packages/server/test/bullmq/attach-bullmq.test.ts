/** Jobs of a real BullMQ queue, processed by workers that know nothing of Signalbox, as tasks for real clients. */
import type { TaskSnapshot } from "@signalbox/protocol";
import { type Job, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { attachBullMQ, type BullMqOptions, cancelOnRequest } from "../../src/bullmq/attach-bullmq.ts";
import { systemClock } from "../../src/core/clock.ts";
import { connectClient, type TestClient, type TestServer } from "../../src/testing/index.ts";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";

let cluster: TestCluster;
let here: TestServer;
let there: TestServer;
beforeAll(async () => {
  cluster = await startCluster({ env: { SIGNALBOX_CONNECT_RATE_PER_USER: "1000" } });
  [here, there] = cluster.nodes as [TestServer, TestServer];
});
afterAll(() => cluster.close());

const logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
const opened: { close(): unknown }[] = [];
let serial = 0;
let name: string;
let queue: Queue;
beforeEach(() => {
  serial += 1;
  name = `queue-${serial}`;
  queue = open(new Queue(name, { connection: connection() }));
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

function open<Closable extends { close(): unknown }>(closable: Closable): Closable {
  opened.push(closable);
  return closable;
}
const connection = () => {
  const { hostname, port } = new URL(cluster.redis.url);
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
};
async function attach(server: TestServer, options: Partial<BullMqOptions> = {}) {
  const events = open(new QueueEvents(name, { connection: connection() }));
  await events.waitUntilReady();
  const ownerOf = (job: Job) => job.data.owner;
  return open(attachBullMQ(events, server.realtime.progress, { ownerOf, logger, ...options }));
}
const work = (process: (job: Job, token?: string, signal?: AbortSignal) => Promise<unknown>, options = {}) =>
  open(new Worker(name, process, { connection: connection(), ...options }));
const add = async (jobName = "convert", options = {}) =>
  (await queue.add(jobName, { owner: "ada" }, options)).id as string;
const enter = async (server: TestServer): Promise<TestClient> =>
  open(await connectClient(server.url, { cookie: cluster.sessions.signIn({ userId: "ada" }).cookie }));

/** Joins a job's task as soon as it exists. */
async function join(client: TestClient, jobId: string): Promise<TaskSnapshot> {
  await expect.poll(async () => (await client.request("join_task", { task_id: `${name}:${jobId}` })).ok).toBe(true);
  return (await client.request("get_task_status", { task_id: `${name}:${jobId}` })).task;
}
const statusOf = async (jobId: string) => (await here.realtime.progress.get(`${name}:${jobId}`))?.status;

describe("a queue that is attached", () => {
  it("shows a job from the queue to its end, on the other node too", async () => {
    await attach(here);
    const jobId = await add();
    const client = await enter(there);
    expect(await join(client, jobId)).toMatchObject({ status: "queued", kind: "convert", owner_id: "ada" });
    // The client receives the latest state of a tick: the job goes on when the one before has arrived.
    const received = (state: object) =>
      expect.poll(() => client.received("progress_update")).toContainEqual(expect.objectContaining(state));
    work(async (job) => {
      await job.updateProgress(25);
      await received({ status: "running", percent: 25 });
      await job.updateProgress({ current: 3, total: 4, step: "Sharpening", secret: "for the job alone" });
      await received({ percent: 75, step: "Sharpening" });
      return { made: 4 };
    });
    const end = await client.next("task_completed");
    expect(end).toMatchObject({ status: "completed", result: { made: 4 } });
    expect(JSON.stringify(client.received("progress_update"))).not.toContain("for the job alone");
  });

  it.each([
    ["a slash", "user/234"],
    ["an address", "ann@example.com"],
    ["a blank and an emoji", "one two 😀"],
    ["more than a task's id may have", "x".repeat(300)],
    ["much that is no letter", "/".repeat(300)],
  ])("shows a job whose id has %s, and cancels it", async (_what, id) => {
    const lines: string[] = [];
    const log = { ...logger, error: (_fields: object, message: string) => lines.push(message) };
    const attached = await attach(here, { logger: log as never });
    await queue.add("convert", { owner: "ada" }, { jobId: id });
    const tasks = async () => (await here.realtime.progress.list({ ownerId: "ada", active: true })).rows;
    await expect.poll(async () => (await tasks()).filter(({ task_id }) => attached.owns(task_id)).length).toBe(1);
    const [task] = (await tasks()).filter(({ task_id }) => attached.owns(task_id));
    if (task === undefined) throw new Error("There is no task.");
    expect(task.task_id).toMatch(/^[\w.:-]{1,128}$/);
    const client = await enter(there);
    expect(await client.request("join_task", { task_id: task.task_id })).toMatchObject({ ok: true });
    await attached.cancel(task);
    await client.next("task_cancelled");
    expect(await queue.getJob(id)).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it("tells once in the log of a job that cannot be shown", async () => {
    const lines: string[] = [];
    const log = { ...logger, error: (_fields: object, message: string) => lines.push(message) };
    let asked = 0;
    await attach(here, {
      logger: log as never,
      ownerOf() {
        asked += 1;
        throw new Error("no");
      },
    });
    await add();
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(lines).toHaveLength(1);
  });

  it("shows the jobs of a queue whose name no task's id may have", async () => {
    name = `images of ann/${serial}`;
    queue = open(new Queue(name, { connection: connection() }));
    const attached = await attach(here);
    await add();
    const owned = async () =>
      (await here.realtime.progress.list({ ownerId: "ada", active: true })).rows.filter(({ task_id }) =>
        attached.owns(task_id),
      );
    await expect.poll(async () => (await owned()).length).toBe(1);
  });

  it("reports a failure without its reason, and with the code and message that the application chooses", async () => {
    await attach(here);
    work(async () => {
      throw new Error("ENOENT /srv/secret/path");
    });
    const jobId = await add();
    const client = await enter(here);
    await expect.poll(() => statusOf(jobId)).toBe("failed");
    const { task } = await client.request("join_task", { task_id: `${name}:${jobId}` });
    expect(task.error).toEqual({ code: "job_failed", message: "The job failed." });
  });

  it("queues a job again that is tried again, in a new run", async () => {
    await attach(here);
    const jobId = await add("convert", { attempts: 2, backoff: { type: "fixed", delay: 1000 } });
    const client = await enter(here);
    await join(client, jobId);
    let tries = 0;
    work(async (job) => {
      tries += 1;
      await job.updateProgress(60);
      if (tries > 1) return;
      const running = expect.objectContaining({ status: "running", percent: 60 });
      await expect.poll(() => client.received("progress_update")).toContainEqual(running);
      throw new Error("Once.");
    });
    await client.next("task_completed");
    const seen = (client.received("progress_update") as TaskSnapshot[]).map(
      ({ status, percent }) => `${status} ${percent}`,
    );
    expect(seen.join(", ")).toMatch(/running 60.*queued null.*running/);
  });

  it("shows jobs that began before the queue was attached, and jobs that ended in the meantime", async () => {
    const first = await attach(here);
    const lost = await add();
    await expect.poll(() => statusOf(lost)).toBe("queued");
    await first.close();
    opened.splice(opened.indexOf(first), 1);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    work(async (job) => {
      await job.updateProgress(40);
      if (job.id !== lost) await held;
    });
    const early = await add();
    await expect.poll(() => queue.getJobState(early)).toBe("active");
    await attach(here);
    await expect.poll(() => statusOf(lost)).toBe("completed");
    const client = await enter(there);
    expect(await join(client, early)).toMatchObject({ status: "running", percent: 40 });
    release();
    await client.next("task_completed");
  });

  it("is reported by one of two nodes, and by the other once that one is gone", async () => {
    const ended: string[] = [];
    const first = await attach(here, { onEnded: ({ task_id }) => void ended.push(`first ${task_id}`) });
    const waits = await add();
    await expect.poll(() => statusOf(waits)).toBe("queued");
    await attach(there, { onEnded: ({ task_id }) => void ended.push(`second ${task_id}`) });
    work(async () => {});
    const one = await add();
    await expect.poll(() => statusOf(one)).toBe("completed");
    await first.close();
    opened.splice(opened.indexOf(first), 1);
    const two = await add();
    await expect.poll(() => statusOf(two)).toBe("completed");
    expect(ended).toContain(`first ${name}:${one}`);
    expect(ended).toContain(`second ${name}:${two}`);
    expect(new Set(ended.map((each) => each.split(" ")[1])).size).toBe(ended.length);
  });

  it("shows a job that was removed from the queue as cancelled", async () => {
    await attach(here);
    const jobId = await add();
    const client = await enter(there);
    await join(client, jobId);
    await queue.remove(jobId);
    await client.next("task_cancelled");
  });

  it("keeps a task that was created before its job, and cancels it once the job can no longer come", async () => {
    const made = (id: string) =>
      here.realtime.progress.create({ task_id: `${name}:${id}`, kind: "convert", title: "First", owner_id: "ada" });
    await made("first");
    const later = { ...systemClock, now: () => Date.now() + 10_000 };
    const early = await attach(here);
    const other = await add();
    // The queue has been scanned.
    await expect.poll(() => statusOf(other)).toBe("queued");
    expect(await statusOf("first")).toBe("queued");
    await early.close();
    opened.splice(opened.indexOf(early), 1);
    await attach(here, { clock: later });
    await expect.poll(() => statusOf("first")).toBe("cancelled");
  });

  it("shows a stalled job as queued again", async () => {
    await attach(here);
    const dying = work(() => new Promise(() => {}), { lockDuration: 500, stalledInterval: 300, skipLockRenewal: true });
    const jobId = await add();
    const client = await enter(here);
    await join(client, jobId);
    await expect.poll(() => statusOf(jobId)).toBe("running");
    void dying;
    await expect
      .poll(() => client.received("progress_update").map((task) => (task as TaskSnapshot).status))
      .toContain("queued");
    await dying.close(true);
    opened.splice(opened.indexOf(dying), 1);
  });

  it("does not show a job without an owner", async () => {
    await attach(here);
    const { id } = await queue.add("internal", {});
    const shown = await add();
    await expect.poll(() => statusOf(shown)).toBe("queued");
    expect(await statusOf(id as string)).toBeUndefined();
  });
});

describe("cancelling", () => {
  it("a job that waits removes it", async () => {
    const attached = await attach(here);
    const jobId = await add();
    await expect.poll(() => statusOf(jobId)).toBe("queued");
    await attached.cancel({ task_id: `${name}:${jobId}` });
    await expect.poll(() => statusOf(jobId)).toBe("cancelled");
    expect(await queue.getJobState(jobId)).toBe("unknown");
  });

  it("a job that works stops it where its worker listens, and it ends as cancelled", async () => {
    const attached = await attach(here);
    const worker = work(
      (_job, _token, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("Stopped.")))),
    );
    const stop = await cancelOnRequest(worker);
    const jobId = await add();
    await expect.poll(() => statusOf(jobId)).toBe("running");
    await attached.cancel({ task_id: `${name}:${jobId}` });
    await expect.poll(() => statusOf(jobId)).toBe("cancelled");
    stop();
  });
});

it("an attached queue continues after an outage of Redis", async () => {
  const attached = await attach(here);
  const before = await add();
  await expect.poll(() => statusOf(before)).toBe("queued");
  const redis = new Redis(cluster.redis.url);
  await redis.call("CLIENT", "KILL", "TYPE", "normal");
  redis.disconnect();
  work(async () => {});
  const after = await add();
  await expect.poll(() => statusOf(after)).toBe("completed");
  await expect.poll(() => statusOf(before)).toBe("completed");
  expect(attached.owns(`${name}:${after}`)).toBe(true);
});
