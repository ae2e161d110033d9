import type { TaskSnapshot } from "@signalbox/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { TaskStore } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createTaskRegistry, type ProgressHub } from "../../src/tasks/task-registry.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/fake-clock.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const newTask = { kind: "t", title: "T", owner_id: "ada" };

let clock: FakeClock;
let store: TaskStore;
/** Makes the store fail: `put` rejects, or waits for this promise. */
let fault: "none" | "failing" | Promise<void>;
let hub: ProgressHub;
let told: string[];

beforeEach(() => {
  clock = createFakeClock(1_800_000_000_000);
  fault = "none";
  const { tasks } = createMemoryStore();
  store = {
    ...tasks,
    async put(task) {
      if (fault === "failing") throw new Error("disk full");
      if (fault !== "none") await fault;
      await tasks.put(task);
    },
  };
  hub = start();
});

function start(): ProgressHub {
  const started = createTaskRegistry({ store, clock, log: quiet });
  told = [];
  started.subscribe({
    changed: ({ status, percent }) => told.push(`${status} ${percent}`),
    ended: ({ status }) => told.push(`ended ${status}`),
  });
  return started;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("create", () => {
  it("resolves once the task is stored", async () => {
    const { task_id } = await hub.create(newTask);
    expect(await store.get(task_id)).toMatchObject({ status: "queued", owner_id: "ada" });
  });
  it("refuses an id that is in use, or that no room or URL could carry", async () => {
    await hub.create({ ...newTask, task_id: "one" });
    await expect(hub.create({ ...newTask, task_id: "one" })).rejects.toThrow('"one" is in use');
    await expect(hub.create({ ...newTask, task_id: "a b" })).rejects.toThrow('"a b" must match');
  });
  it("of one id twice at once makes one task, for the first caller", async () => {
    const both = await Promise.allSettled([
      hub.create({ ...newTask, task_id: "one" }),
      hub.create({ ...newTask, task_id: "one", owner_id: "bob" }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((await hub.get("one"))?.owner_id).toBe("ada");
    expect((await store.get("one"))?.owner_id).toBe("ada");
  });
  it("that failed leaves its id free", async () => {
    fault = "failing";
    await expect(hub.create({ ...newTask, task_id: "one" })).rejects.toThrow("disk full");
    fault = "none";
    expect(await hub.create({ ...newTask, task_id: "one" })).toMatchObject({ task_id: "one" });
  });
  it("is complete before another caller's report or look-up changes the task", async () => {
    const creating = hub.create({ ...newTask, task_id: "one" });
    const [created, looked, reported] = await Promise.all([
      creating,
      hub.get("one"),
      hub.report("one", { status: "running" }),
    ]);
    expect(looked === undefined || looked.version === created.version).toBe(true);
    expect(reported.version).toBe(created.version + 1);
  });
  it("makes no task when the store takes none", async () => {
    fault = "failing";
    await expect(hub.create({ ...newTask, task_id: "one" })).rejects.toThrow("disk full");
    expect(hub.peek("one")).toBeUndefined();
  });
});

describe("progress of a running task", () => {
  it("is visible at once and stored within a second, the latest state only", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.report(task_id, { status: "running" });
    for (let percent = 1; percent <= 30; percent += 1) void hub.report(task_id, { percent });
    expect(hub.peek(task_id)?.percent).toBe(30);
    expect((await store.get(task_id))?.percent).toBeNull();
    clock.advance(1000);
    await settle();
    expect((await store.get(task_id))?.percent).toBe(30);
  });

  it("goes on while the store fails, and is stored when it works again", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.report(task_id, { status: "running" });
    fault = "failing";
    await hub.report(task_id, { percent: 10 });
    clock.advance(1000);
    await settle();
    await hub.report(task_id, { percent: 20 });
    expect(told.at(-1)).toBe("running 20");
    fault = "none";
    clock.advance(1000);
    await settle();
    expect((await store.get(task_id))?.percent).toBe(20);
  });
});

describe("a final state", () => {
  it("is committed before any subscriber is notified, and announced once", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.report(task_id, { status: "running" });
    let open = (): void => {};
    fault = new Promise((resolve) => {
      open = resolve;
    });
    const completing = hub.complete(task_id, { n: 1 });
    await settle();
    expect(told).not.toContain("ended completed");
    expect(hub.peek(task_id)?.status).toBe("running");
    open();
    await completing;
    expect(told.filter((each) => each === "ended completed")).toHaveLength(1);
    expect(await store.get(task_id)).toMatchObject({ status: "completed", result: { n: 1 } });
  });

  it("makes a report that came while it was being committed wait, and then refuses it", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.report(task_id, { status: "running" });
    const outcomes = await Promise.allSettled([
      hub.complete(task_id),
      hub.report(task_id, { percent: 50 }),
      hub.fail(task_id, { code: "x", message: "y" }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(told.at(-1)).toBe("ended completed");
    expect(told.filter((each) => each.startsWith("ended"))).toHaveLength(1);
  });

  it("that cannot be committed changes nothing, and may be tried again", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.report(task_id, { status: "running", percent: 90 });
    fault = "failing";
    await expect(hub.complete(task_id)).rejects.toThrow("disk full");
    expect(hub.peek(task_id)).toMatchObject({ status: "running", percent: 90 });
    fault = "none";
    await hub.complete(task_id);
    expect(told.at(-1)).toBe("ended completed");
  });
});

describe("a task that is handed over to another user", () => {
  it("belongs to the new owner once that is committed, and handedOver subscribers are called before the change itself", async () => {
    hub.subscribe({ handedOver: ({ owner_id }) => told.push(`handed to ${owner_id}`), changed() {}, ended() {} });
    const { task_id, version } = await hub.create(newTask);
    await hub.report(task_id, { owner_id: "ada" });
    const given = await hub.report(task_id, { owner_id: "bob" });
    expect(given).toMatchObject({ owner_id: "bob", status: "queued" });
    expect(given.version).toBeGreaterThan(version);
    expect(await store.get(task_id)).toMatchObject({ owner_id: "bob" });
    expect(told).toEqual(["queued null", "handed to bob", "queued null"]);
  });
  it("stays with its owner when that cannot be committed, and once it has ended", async () => {
    const { task_id } = await hub.create(newTask);
    fault = "failing";
    await expect(hub.report(task_id, { owner_id: "bob" })).rejects.toThrow("disk full");
    expect(hub.peek(task_id)?.owner_id).toBe("ada");
    fault = "none";
    await hub.complete(task_id);
    await expect(hub.report(task_id, { owner_id: "bob" })).rejects.toMatchObject({ code: "task_finished" });
  });
});

describe("a task that is removed", () => {
  it("is gone from memory and the store, running or ended, and its id is free", async () => {
    for (const end of [false, true]) {
      const { task_id } = await hub.create({ ...newTask, task_id: "one" });
      await hub.report(task_id, { status: "running" });
      if (end) await hub.complete(task_id);
      await hub.remove(task_id);
      expect(await hub.get(task_id)).toBeUndefined();
      expect(await store.get(task_id)).toBeUndefined();
      await expect(hub.report(task_id, { percent: 1 })).rejects.toMatchObject({ code: "task_not_found" });
    }
    await hub.remove("never there");
  });
  it("is not brought back by progress that was on its way to the store, or failed on it", async () => {
    for (const outcome of ["failing", "late"] as const) {
      const { task_id } = await hub.create(newTask);
      await hub.report(task_id, { status: "running" });
      await hub.report(task_id, { percent: 10 });
      const late = Promise.withResolvers<void>();
      fault = outcome === "failing" ? outcome : late.promise;
      clock.advance(1000);
      const removing = hub.remove(task_id);
      late.resolve();
      await removing;
      fault = "none";
      clock.advance(10_000);
      await settle();
      expect(await store.get(task_id)).toBeUndefined();
    }
  });
  it("delays later reports, and waits for earlier ones", async () => {
    const { task_id } = await hub.create(newTask);
    const outcomes = await Promise.allSettled([
      hub.report(task_id, { status: "running" }),
      hub.remove(task_id),
      hub.report(task_id, { percent: 1 }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(hub.counts()).toEqual({ queued: 0, running: 0 });
  });
});

describe("after a restart", () => {
  async function interrupted(): Promise<{ task_id: string; seen: TaskSnapshot | undefined }> {
    const { task_id } = await hub.create({ ...newTask, total: 50 });
    await hub.report(task_id, { status: "running" });
    let seen: TaskSnapshot | undefined;
    for (let current = 1; current <= 50; current += 1) seen = await hub.report(task_id, { current });
    return { task_id, seen };
  }

  it.each(["get", "list", "report"] as const)(
    "the first %s finds an unfinished task queued in a new run, above every version that was seen",
    async (way) => {
      const { task_id, seen } = await interrupted();
      clock.advance(500);
      hub = start();
      if (way === "report") await hub.report(task_id, { status: "running" });
      const found = way === "list" ? (await hub.list({})).rows[0] : await hub.get(task_id);
      expect(told[0]).toBe("queued null");
      expect(found).toMatchObject({ status: way === "report" ? "running" : "queued", percent: null, total: 50 });
      expect(found?.version).toBeGreaterThan(seen?.version ?? Number.POSITIVE_INFINITY);
    },
  );
  it("the new run is begun once, however many look, and goes on from the worker's own count", async () => {
    const { task_id } = await interrupted();
    hub = start();
    const looks = await Promise.all([hub.get(task_id), hub.get(task_id), hub.list({}), hub.get(task_id)]);
    expect(new Set([looks[0], looks[1], looks[3]]).size).toBe(1);
    await hub.report(task_id, { status: "running", current: 20 });
    expect(told).toEqual(["queued null", "running 40"]);
  });
  it("versions rise though the clock was set back by an hour meanwhile", async () => {
    const { task_id, seen } = await interrupted();
    clock = createFakeClock(clock.now() - 3_600_000);
    hub = start();
    const resumed = await hub.report(task_id, { status: "running" });
    expect(resumed.version).toBeGreaterThan(seen?.version ?? Number.POSITIVE_INFINITY);
  });
  it("an ended task is still ended, and an unknown one is not found", async () => {
    const { task_id } = await hub.create(newTask);
    await hub.complete(task_id);
    hub = start();
    await expect(hub.report(task_id, { percent: 1 })).rejects.toMatchObject({ code: "task_finished" });
    await expect(hub.report("nobody", { percent: 1 })).rejects.toMatchObject({ code: "task_not_found" });
    expect(hub.counts()).toEqual({ queued: 0, running: 0 });
  });
});

it("a listener that throws stops neither the others nor the report", async () => {
  hub.subscribe({
    changed() {
      throw new Error("broken listener");
    },
    ended() {
      throw new Error("broken listener");
    },
  });
  const seen: string[] = [];
  hub.subscribe({ changed: ({ status }) => seen.push(status), ended: ({ status }) => seen.push(status) });
  const { task_id } = await hub.create(newTask);
  await hub.report(task_id, { status: "running" });
  await hub.complete(task_id);
  expect(seen).toEqual(["running", "completed"]);
});

it("keeps a bounded number of ended tasks in memory, and finds the others in the store", async () => {
  const { task_id } = await hub.create(newTask);
  await hub.complete(task_id);
  for (let n = 0; n < 1000; n += 1) await hub.complete((await hub.create(newTask)).task_id);
  expect(hub.peek(task_id)).toBeUndefined();
  expect((await hub.get(task_id))?.status).toBe("completed");
});
