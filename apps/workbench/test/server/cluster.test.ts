/** Two servers and workers, as operators run them: processes of their own on one Redis and one PostgreSQL. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import type { TaskSnapshot } from "@signalbox/protocol";
import { connectClient, type TestClient } from "@signalbox/server/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startPostgres } from "../../../../scripts/services/postgres.ts";
import { startRedis } from "../../../../scripts/services/redis.ts";
import { makeImage, type Person, signUp, temporaryEnvironment } from "../fixture.ts";
import { type ServerProcess, startServer } from "../server-process.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const closing: (() => unknown)[] = [];
let urls: readonly string[];
let environments: readonly Record<string, string>[];
let nodes: ServerProcess[];
let worker: ServerProcess;
let person: Person;
const opened: TestClient[] = [];

beforeAll(async () => {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  closing.push(redis.stop, postgres.stop);
  const first = await temporaryEnvironment({
    ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, SOCKETIO_LOG_LEVEL: "error" },
    ...{ SIGNALBOX_SECRET: randomBytes(32).toString("hex"), SIGNALBOX_CONNECT_RATE_PER_USER: "1000" },
  });
  closing.push(() => rm(first.DATA_DIR ?? "", { recursive: true, force: true }));
  const { PORT = "" } = await temporaryEnvironment();
  environments = [first, { ...first, PORT }];
  urls = environments.map((environment) => `http://127.0.0.1:${environment.PORT}`);
  // At once, on an empty database: one makes the tables and the administrator, the other finds them.
  [nodes, worker] = await Promise.all([
    Promise.all(environments.map((environment) => startServer(environment))),
    startServer(first, "worker"),
  ]);
  person = await signUp(urls[0] as string);
});
afterAll(async () => {
  for (const client of opened) client.close();
  await Promise.all([...nodes, worker].map((each) => each.kill("SIGKILL")));
  for (const close of closing.reverse()) await close();
});

async function enter(node: number): Promise<TestClient> {
  const client = await connectClient(urls[node] as string, { cookie: person.cookie });
  opened.push(client);
  return client;
}
async function begin(work: File[] | object): Promise<string> {
  const response = await person.start(work);
  expect(response.status).toBe(201);
  return (await response.json()).task_id;
}
const practice = (steps: number, step_ms: number) => ({ steps, step_ms });

it("a batch that one server takes is converted by a worker and followed on the other server", async () => {
  const taskId = await begin([await makeImage("one.png"), await makeImage("two.png")]);
  const client = await enter(1);
  const { task } = await client.request("join_task", { task_id: taskId });
  const end: TaskSnapshot = task.status === "completed" ? task : await client.next("task_completed", 30_000);
  expect(end).toMatchObject({ percent: 100, result: { images: 2 } });
  expect(await client.next("notification", 10_000)).toMatchObject({ type: "batch_finished" });
});

it("a task is cancelled through whichever server is asked", async () => {
  const taskId = await begin(practice(200, 50));
  const client = await enter(1);
  await client.request("join_task", { task_id: taskId });
  await client.next("progress_update");
  expect(await client.request("cancel_task", { task_id: taskId })).toMatchObject({ ok: true });
  expect(await client.next("task_cancelled")).toMatchObject({ status: "cancelled" });
});

it("a worker that is killed costs the task its run, not its end", async () => {
  const taskId = await begin(practice(40, 100));
  const client = await enter(1);
  await client.request("join_task", { task_id: taskId });
  await expect.poll(() => (client.received("progress_update").at(-1) as TaskSnapshot)?.status).toBe("running");
  await worker.kill("SIGKILL");
  worker = await startServer(environments[0] as Record<string, string>, "worker");
  expect(await client.next("task_completed", 40_000)).toMatchObject({ status: "completed", percent: 100 });
  const versions = (client.received("progress_update") as TaskSnapshot[]).map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

it("when the server that shows the queue is killed the other one goes on showing it", async () => {
  const taskId = await begin(practice(60, 100));
  const client = await enter(1);
  await client.request("join_task", { task_id: taskId });
  await client.next("progress_update", 10_000);
  await nodes[0]?.kill("SIGKILL");
  expect(await client.next("task_completed", 30_000)).toMatchObject({ status: "completed" });
});
