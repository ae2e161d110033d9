import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { connectClient, type TestClient } from "@signalbox/server/testing";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { makeImage, type Person, signUp, temporaryEnvironment } from "../fixture.ts";
import { type ServerProcess, startServer } from "../server-process.ts";

// Processes are started and killed; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const finalEvents = ["task_completed", "task_error", "task_cancelled"];

const clients: TestClient[] = [];

interface Watcher {
  readonly versions: readonly number[];
  readonly finals: readonly string[];
  readonly first: TaskSnapshot;
  readonly latest: TaskSnapshot;
}

/** Joins a task and keeps every state that it receives. */
async function watch(url: string, { cookie }: Person, taskId: string): Promise<Watcher> {
  const client = await connectClient(url, { cookie });
  clients.push(client);
  const seen: TaskSnapshot[] = [];
  const finals: string[] = [];
  client.socket.onAny((event: string, payload: TaskSnapshot) => {
    if (event === "progress_update" || finalEvents.includes(event)) seen.push(payload);
    if (finalEvents.includes(event)) finals.push(event);
  });
  const { task } = await client.request("join_task", { task_id: taskId });
  seen.unshift(task);
  return {
    ...{ first: task, finals },
    get versions() {
      return seen.map(({ version }) => version);
    },
    get latest() {
      return seen.at(-1) as TaskSnapshot;
    },
  };
}

const hasEnded = ({ status }: TaskSnapshot): boolean => isFinal(status);

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((each, index) => index === 0 || each > (numbers[index - 1] ?? 0));

const read = async (person: Person, taskId: string): Promise<TaskSnapshot> =>
  (await (await person.fetch(`/api/tasks/${taskId}`)).json()).task;

async function begin(person: Person, work: File[] | object): Promise<string> {
  const response = await person.start(work);
  expect(response.status).toBe(201);
  return (await response.json()).task_id;
}

/** A server with one person, to be ended and started again on the same folder. */
async function setUp(settings: Record<string, string>) {
  const environment = await temporaryEnvironment({ NODE_ENV: "development", ...settings });
  let server: ServerProcess = await startServer(environment);
  const url = `http://127.0.0.1:${environment.PORT}`;
  return {
    ...{ url, person: await signUp(url) },
    folder: environment.DATA_DIR ?? "",
    end: (signal: NodeJS.Signals) => server.kill(signal),
    async startAgain() {
      server = await startServer(environment);
    },
    async remove() {
      for (const client of clients.splice(0)) client.close();
      await server.kill("SIGKILL");
      await rm(environment.DATA_DIR ?? "", { recursive: true });
    },
  };
}

const batchOf = async (count: number): Promise<File[]> => Array(count).fill(await makeImage("a.jpg", 160, 120));

describe("after kill -9 and a new start,", () => {
  const roles = ["batch", "robbed", "wanted", "ended", "waiting", "orphan"] as const;
  type Tasks<Of> = Record<(typeof roles)[number], Of>;
  let system: Awaited<ReturnType<typeof setUp>>;
  let before: Tasks<Watcher>;
  let after: Tasks<Watcher>;

  const watchAll = async (ids: Tasks<string>): Promise<Tasks<Watcher>> => {
    const watchers = roles.map(async (role) => [role, await watch(system.url, system.person, ids[role])] as const);
    return Object.fromEntries(await Promise.all(watchers)) as Tasks<Watcher>;
  };

  /** What happens between two statements when the power goes: done to the files, because it cannot be timed. */
  async function damage(ids: Tasks<string>): Promise<void> {
    await rm(join(system.folder, "uploads", ids.robbed), { recursive: true });
    const db = new DatabaseSync(join(system.folder, "workbench.sqlite"));
    db.prepare("delete from workbench_job where task_id = ?").run(ids.orphan);
    db.prepare("update workbench_job set cancel_requested = 1 where task_id = ?").run(ids.wanted);
    db.close();
  }

  beforeAll(async () => {
    system = await setUp({ TASK_CONCURRENCY: "3", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "20" });
    const { person } = system;
    const ended = await begin(person, { steps: 3, step_ms: 10 });
    await vi.waitFor(async () => expect((await read(person, ended)).status).toBe("completed"), { timeout: 60_000 });
    const ids = {
      ended,
      batch: await begin(person, await batchOf(60)),
      robbed: await begin(person, await batchOf(60)),
      wanted: await begin(person, { steps: 1000, step_ms: 1000 }),
      waiting: await begin(person, { steps: 2, step_ms: 10 }),
      orphan: await begin(person, { steps: 2, step_ms: 10 }),
    };
    before = await watchAll(ids);
    await vi.waitFor(() => expect(before.batch.latest.current).toBeGreaterThanOrEqual(3), { timeout: 60_000 });
    await system.end("SIGKILL");
    await damage(ids);
    await system.startAgain();
    after = await watchAll(ids);
    for (const role of roles) {
      await vi.waitFor(() => expect(after[role].latest, role).toSatisfy(hasEnded), { timeout: 60_000 });
    }
    return () => system.remove();
  });

  it("a running batch goes on where it stopped, and completes with every image", async () => {
    const { task_id, current } = before.batch.latest;
    expect(before.batch.latest.status).toBe("running");
    expect(after.batch.versions.length).toBeGreaterThan(0);
    expect(after.batch.first.current).toBeGreaterThanOrEqual((current ?? 0) - 1);
    expect(after.batch.latest).toMatchObject({ status: "completed", current: 60, total: 60, percent: 100 });
    expect(after.batch.latest.result).toMatchObject({ images: 60, unreadable: 0 });
    const { results } = await (await system.person.fetch(`/api/tasks/${task_id}/results`)).json();
    expect(results).toHaveLength(60);
  });

  it("every version is above all that were seen before, and each task ends once", () => {
    for (const role of roles) {
      const versions = [...before[role].versions, ...after[role].versions];
      expect(isRising(role === "ended" ? before.ended.versions : versions), role).toBe(true);
      expect(before[role].finals).toEqual([]);
      expect(after[role].finals.length, role).toBeLessThanOrEqual(1);
    }
  });

  it("a batch whose images are gone ends as failed and says why", () => {
    expect(after.robbed.latest).toMatchObject({
      status: "failed",
      error: { code: "interrupted", message: "The uploaded file of a.jpg is gone; please send the batch again." },
    });
  });

  it("a task whose job was never written down ends as failed and says why", () => {
    expect(after.orphan.latest).toMatchObject({
      status: "failed",
      error: { code: "interrupted", message: "The server stopped before the work could begin." },
    });
  });

  it("a task that was to be cancelled does not begin again", () => {
    expect(after.wanted.latest.status).toBe("cancelled");
  });

  it("a task that was waiting for its turn gets it", () => {
    expect(before.waiting.latest.status).toBe("queued");
    expect(after.waiting.latest).toMatchObject({ status: "completed", result: { steps: 2 } });
  });

  it("a task that had ended is as it was", () => {
    expect(after.ended.latest).toEqual(before.ended.latest);
  });

  it("watchers received what the database has", async () => {
    for (const { latest } of Object.values(after)) expect(await read(system.person, latest.task_id)).toEqual(latest);
  });
});

describe("after SIGTERM and a new start,", () => {
  it("a running batch goes on where it stopped, and completes with every image", async () => {
    const { url, person, end, startAgain, remove } = await setUp({});
    onTestFinished(remove);
    const taskId = await begin(person, await batchOf(60));
    const before = await watch(url, person, taskId);
    await vi.waitFor(() => expect(before.latest.current).toBeGreaterThanOrEqual(2), { timeout: 60_000 });
    expect(await end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
    expect(before.finals).toEqual([]);

    await startAgain();
    const after = await watch(url, person, taskId);
    await vi.waitFor(() => expect(after.latest).toSatisfy(hasEnded), { timeout: 60_000 });
    expect(isRising([...before.versions, ...after.versions])).toBe(true);
    expect(after.first.current).toBeGreaterThanOrEqual(before.latest.current ?? 0);
    expect(after.latest).toMatchObject({ status: "completed", result: { images: 60 } });
  });
});

describe("a task during which the server was killed twice", () => {
  it("fails with a reason at the third start; a regular stop in between does not count", async () => {
    const { person, end, startAgain, remove } = await setUp({});
    onTestFinished(remove);
    const taskId = await begin(person, { steps: 1000, step_ms: 1000 });
    const statusOf = async () => (await read(person, taskId)).status;
    const isRunning = () => expect.poll(statusOf).toBe("running");
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      await isRunning();
      await end(signal);
      await startAgain();
    }
    await vi.waitFor(async () => expect(await read(person, taskId)).toSatisfy(hasEnded), { timeout: 20_000 });
    expect(await read(person, taskId)).toMatchObject({
      status: "failed",
      error: { code: "crashed", message: expect.stringMatching(/^The server stopped twice .* not tried again\./) },
    });
  });
});
