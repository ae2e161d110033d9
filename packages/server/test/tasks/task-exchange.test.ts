/**
 * The state of tasks where other processes may report them: what this process sends them, and which of their reports
 * count.
 */
import type { TaskSnapshot } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import type { TaskExchange, TaskExchangeListener, TaskStore } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import type { ProgressListener } from "../../src/tasks/progress-listener.ts";
import { createTaskRegistry } from "../../src/tasks/task-registry.ts";
import { applyPatch, startTask } from "../../src/tasks/task-transitions.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { createTestLog } from "../security-log/fixture.ts";

const start = 1_800_000_000_000;
const newTask = (task_id = "one") => ({ task_id, kind: "t", title: "T", owner_id: "ada" });
const runningTask = (id: string, at = start): TaskSnapshot =>
  applyPatch(startTask(newTask(id), id, at), { status: "running", percent: 10 }, at);

/** A task registry, and what its exchange knows of other processes. */
function setUp({ alone = false } = {}) {
  const clock = createFakeClock(start);
  const log = createTestLog();
  const { tasks } = createMemoryStore();
  let beforePut: (() => Promise<void>) | undefined;
  const store: TaskStore = {
    ...tasks,
    async put(task) {
      await beforePut?.();
      return tasks.put(task);
    },
  };
  const shared: string[] = [];
  const known = new Map<string, { task: TaskSnapshot; isAbandoned: boolean }>();
  const asked: (readonly string[])[] = [];
  let listener: TaskExchangeListener | undefined;
  const exchange: TaskExchange = {
    bind: (bound) => {
      listener = bound;
    },
    share: (change, { task_id, status }) => void shared.push(`${change} ${task_id} ${status}`),
    async read(ids) {
      asked.push(ids);
      return new Map([...known].filter(([id]) => ids.includes(id)));
    },
    ...{ follow() {}, unfollow() {}, followAll() {}, synced: () => undefined },
  };
  const hub = createTaskRegistry({ store, clock, log, ...(!alone && { exchange }) });
  const told: string[] = [];
  const note =
    (kind: keyof ProgressListener) =>
    ({ task_id, status, percent }: TaskSnapshot): void =>
      void told.push(`${kind} ${task_id} ${status} ${percent}`);
  const stop = hub.subscribe({
    ...{ created: note("created"), changed: note("changed"), ended: note("ended") },
    ...{ removed: note("removed"), handedOver: note("handedOver") },
  });
  return {
    ...{ asked, clock, hub, known, log, shared, stop, store, told, tasks },
    listener: () => listener as TaskExchangeListener,
    beforeNextPut(run: () => Promise<unknown>) {
      beforePut = async () => {
        beforePut = undefined;
        await run();
      };
    },
    /** The state of another process, stored and known to the exchange. */
    async elsewhere(task: TaskSnapshot, isAbandoned = false, storedToo: TaskSnapshot = task) {
      await tasks.put(storedToo);
      known.set(task.task_id, { task, isAbandoned });
    },
  };
}

describe("other processes are told", () => {
  it("of each change, by its kind", async () => {
    const { hub, shared } = setUp();
    await hub.create(newTask());
    await hub.report("one", { status: "running" });
    await hub.report("one", { percent: 5 });
    await hub.complete("one");
    await hub.remove("one");
    expect(shared).toEqual([
      ...["created one queued", "changed one running", "changed one running"],
      ...["ended one completed", "removed one completed"],
    ]);
  });

  it("of a task that is removed without having been read, by its stored state", async () => {
    const { hub, shared, told, tasks } = setUp();
    await tasks.put(runningTask("one"));
    await hub.remove("one");
    expect([shared, told]).toEqual([["removed one running"], ["removed one running 10"]]);
    await hub.remove("one");
    await hub.remove("no such id!");
    expect(told).toHaveLength(1);
  });
});

describe("a process without other nodes", () => {
  it("asks its store for nothing but what it removes", async () => {
    const { hub, told, tasks } = setUp({ alone: true });
    await tasks.put(runningTask("one"));
    await hub.remove("one");
    expect(told).toEqual([]);
    expect(await tasks.get("one")).toBeUndefined();
  });

  it("reports each kind of change, counts what is unfinished, and saves when it is told to and when it closes", async () => {
    const { hub, stop, store, told } = setUp({ alone: true });
    for (const id of ["one", "two", "three", "four"]) await hub.create(newTask(id));
    expect(hub.counts()).toEqual({ queued: 4, running: 0 });
    for (const id of ["one", "two", "three"]) await hub.report(id, { status: "running" });
    expect(hub.counts()).toEqual({ queued: 1, running: 3 });
    expect(await hub.fail("one", { code: "x", message: "y" })).toMatchObject({
      status: "failed",
      error: { code: "x" },
    });
    expect(await hub.cancelled("two")).toMatchObject({ status: "cancelled" });
    await hub.report("three", { percent: 30 });
    await hub.flush();
    expect((await store.get("three"))?.percent).toBe(30);
    await hub.report("three", { percent: 60 });
    await hub.close();
    expect((await store.get("three"))?.percent).toBe(60);
    expect(told.filter((line) => line.includes("one"))).toEqual([
      ...["created one queued null", "changed one running null", "ended one failed null"],
    ]);
    stop();
    await hub.cancelled("four");
    expect(told.some((line) => line.includes("four cancelled"))).toBe(false);
  });

  it("refuses an owner that no store could keep, and finds nothing under an id that is none", async () => {
    const { hub } = setUp({ alone: true });
    await expect(hub.create({ ...newTask(), owner_id: "a\0" })).rejects.toThrow();
    await hub.create(newTask());
    await expect(hub.report("one", { owner_id: "" })).rejects.toThrow();
    expect(await hub.get("no such id!")).toBeUndefined();
    expect(await hub.list({ ownerId: "a\0" })).toEqual({ rows: [], next: null, total: 0 });
    expect((await hub.list({ ownerId: "ada" })).total).toBe(1);
  });

  it("refuses an id that the store has, also when another process stores it at the same moment", async () => {
    const { beforeNextPut, hub, tasks, told } = setUp({ alone: true });
    await tasks.put(runningTask("one"));
    await expect(hub.create(newTask("one"))).rejects.toThrow('"one" is in use');
    beforeNextPut(() => tasks.put(runningTask("two", start + 1000)));
    await expect(hub.create(newTask("two"))).rejects.toThrow('"two" is in use');
    expect(told).toEqual([]);
  });

  it("estimates the rest by the time since the first report, also after the owner has changed", async () => {
    const { clock, hub, told } = setUp({ alone: true });
    await hub.create(newTask());
    await hub.report("one", { status: "running" });
    clock.advance(10_000);
    clock.setNow(start);
    expect(await hub.report("one", { percent: 50 })).toMatchObject({ eta_seconds: 10 });
    told.length = 0;
    await hub.report("one", { owner_id: "bob" });
    await hub.report("one", { status: "queued" });
    expect(told).toEqual(["handedOver one running 50", "changed one running 50", "changed one queued null"]);
  });

  it("logs a listener that throws, and ignores a missing one", async () => {
    const { hub, log } = setUp({ alone: true });
    hub.subscribe({ changed() {}, ended() {} });
    await hub.create(newTask());
    expect(log.lines).toEqual([]);
  });
});

describe("a report of a task that another process has gone on with", () => {
  it("has a version above what the other process has committed in the meantime", async () => {
    const { beforeNextPut, hub, shared, tasks } = setUp();
    await hub.create(newTask());
    const theirs = { ...runningTask("one", start + 5000), percent: 60 };
    beforeNextPut(() => tasks.put(theirs));
    const ours = await hub.report("one", { status: "running" });
    expect(ours.version).toBeGreaterThan(theirs.version);
    expect(ours).toMatchObject({ status: "running", percent: 60 });
    expect((await tasks.get("one"))?.version).toBe(ours.version);
    expect(hub.counts()).toEqual({ queued: 0, running: 1 });
    expect(shared).not.toContain("ended one running");
  });

  it("is refused where the other process has ended the task, and the end is announced here and shared once more", async () => {
    const { beforeNextPut, hub, shared, tasks, told } = setUp();
    await hub.create(newTask());
    beforeNextPut(() => tasks.put(applyPatch(runningTask("one", start + 5000), { status: "completed" }, start + 5000)));
    await expect(hub.report("one", { status: "running" })).rejects.toMatchObject({ code: "task_finished" });
    expect(told.at(-1)).toBe("ended one completed 100");
    expect(shared.at(-1)).toBe("ended one completed");
  });

  it("takes over a state that this process has not read, in its newest version", async () => {
    const { clock, elsewhere, hub } = setUp();
    const stored = runningTask("one");
    await elsewhere({ ...stored, version: stored.version + 7, percent: 80 }, false, stored);
    clock.advance(1);
    expect(hub.counts()).toEqual({ queued: 0, running: 0 });
    expect(await hub.report("one", { percent: 20 })).toMatchObject({ status: "running", percent: 80 });
    expect(hub.counts()).toEqual({ queued: 0, running: 1 });
  });

  it("has a version above what this process announced, though another one took the task and nothing of it is saved yet", async () => {
    const { hub, listener, store, tasks } = setUp();
    const versions: number[] = [];
    hub.subscribe({ changed: ({ version }) => void versions.push(version), ended() {} });
    await hub.create(newTask());
    await hub.report("one", { status: "running" });
    for (const current of [1, 2, 3]) await hub.report("one", { current });
    listener().taken("one");
    await hub.report("one", { current: 4 });
    listener().taken("one");
    // The state is being stored, and the store has it before the look-up of the next report is over.
    const found = Promise.withResolvers<void>();
    Object.assign(store, {
      async get(id: string) {
        const stored = await tasks.get(id);
        await found.promise;
        return stored;
      },
    });
    const reported = hub.report("one", { current: 5 });
    await hub.flush();
    found.resolve();
    await reported;
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(versions).toHaveLength(6);
    await hub.flush();
    expect(await tasks.get("one")).toMatchObject({ version: versions.at(-1), current: 5 });
  });

  it("of an end that is stored is refused without taking the task over", async () => {
    const { hub, tasks } = setUp();
    await tasks.put(applyPatch(runningTask("one"), { status: "failed" }, start));
    await expect(hub.report("one", { percent: 20 })).rejects.toMatchObject({ code: "task_finished" });
    await expect(hub.report("none", { percent: 20 })).rejects.toMatchObject({ code: "task_not_found" });
    expect(hub.peek("one")).toBeUndefined();
  });
});

describe("the latest state of a task", () => {
  const newer = (task: TaskSnapshot, more: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
    ...{ ...task, version: task.version + 10, percent: 70 },
    ...more,
  });

  it("is the newer one of the store and the exchange, looked up or listed", async () => {
    const { asked, elsewhere, hub } = setUp();
    const [ahead, behind] = [runningTask("ahead"), runningTask("behind")];
    await elsewhere(newer(ahead), false, ahead);
    await elsewhere(behind, false, newer(behind));
    for (const id of ["ahead", "behind"]) expect(await hub.get(id)).toMatchObject({ percent: 70 });
    asked.length = 0;
    const { rows } = await hub.list({});
    expect(rows.map(({ percent }) => percent)).toEqual([70, 70]);
    expect(asked.map((ids) => [...ids].sort())).toEqual([["ahead", "behind"]]);
  });

  it("is that of the store where the exchange knows nothing, or the task has ended", async () => {
    const { elsewhere, hub, tasks, asked } = setUp();
    await tasks.put(runningTask("alone"));
    const ended = applyPatch(runningTask("ended"), { status: "completed" }, start);
    await elsewhere(newer(runningTask("ended"), { version: ended.version + 99 }), false, ended);
    expect(await hub.get("alone")).toMatchObject({ status: "running" });
    expect(await hub.get("ended")).toMatchObject({ status: "completed" });
    expect(await hub.get("none")).toBeUndefined();
    asked.length = 0;
    expect((await hub.list({})).rows.map(({ status }) => status).sort()).toEqual(["completed", "running"]);
    expect(asked).toEqual([["alone"]]);
  });

  it("is listed from memory where this process reports the task", async () => {
    const { hub } = setUp();
    await hub.create(newTask());
    await hub.report("one", { status: "running" });
    await hub.report("one", { percent: 40 });
    expect((await hub.list({})).rows).toMatchObject([{ percent: 40 }]);
  });

  it.each(["get", "list"] as const)(
    "of one whose process died is queued in a new run, stored first and shared: %s",
    async (way) => {
      const { clock, elsewhere, hub, shared, store, told } = setUp();
      await elsewhere(runningTask("one"), true);
      clock.advance(4000);
      const found = way === "get" ? await hub.get("one") : (await hub.list({})).rows[0];
      expect(found).toMatchObject({ status: "queued", percent: null });
      expect(await store.get("one")).toEqual(found);
      expect(shared).toEqual(["resumed one queued"]);
      expect(told).toEqual(["changed one queued null"]);
    },
  );

  it.each([
    ["it was reported less than four seconds ago", { isAbandoned: true, waitMs: 3999 }],
    ["its process lives", { isAbandoned: false, waitMs: 60_000 }],
    ["it has not begun", { isAbandoned: true, waitMs: 60_000, queued: true }],
  ])("of a task stays as it is where %s", async (_why, { isAbandoned, waitMs, ...more }) => {
    const { clock, elsewhere, hub, shared } = setUp();
    const task = "queued" in more ? startTask(newTask(), "one", start) : runningTask("one");
    await elsewhere(task, isAbandoned);
    clock.advance(waitMs);
    expect(await hub.get("one")).toEqual(task);
    expect(shared).toEqual([]);
  });

  it("of one whose process died in the future of this clock is queued as well", async () => {
    const { clock, elsewhere, hub } = setUp();
    await elsewhere(runningTask("one"), true);
    clock.setNow(start - 3_600_000);
    expect(await hub.get("one")).toMatchObject({ status: "queued" });
  });

  it("of a task that this process reports is not abandoned, whatever the exchange has received", async () => {
    const { clock, hub, known, store } = setUp();
    await hub.create(newTask());
    const task = await hub.report("one", { status: "running" });
    known.set("one", { task, isAbandoned: true });
    clock.advance(60_000);
    expect((await hub.list({})).rows).toEqual([task]);
    expect(await store.get("one")).toMatchObject({ status: "running" });
  });

  it("is what another process has stored while this one was about to queue the task again", async () => {
    const { beforeNextPut, clock, elsewhere, hub, shared, tasks, told } = setUp();
    await elsewhere(runningTask("one"), true);
    clock.advance(60_000);
    const theirs = newer(runningTask("one", start + 200_000_000));
    beforeNextPut(() => tasks.put(theirs));
    expect(await hub.get("one")).toEqual(theirs);
    expect([shared, told]).toEqual([[], []]);
  });
});

it("a state that another process announces is announced here, and the task counts as reported by that process", async () => {
  const { hub, listener, told } = setUp();
  const task = await hub.create(newTask());
  listener().received("changed", { ...task, version: task.version + 1, status: "running", percent: 3 });
  expect(told.at(-1)).toBe("changed one running 3");
  expect(hub.counts()).toEqual({ queued: 0, running: 0 });
});
