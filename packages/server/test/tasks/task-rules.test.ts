/** Who may see a task, how its state follows from reports, how long its run has lasted, and when it is sent. */
import type { TaskSnapshot } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/core/ports.ts";
import { createRateLimitedUpdates } from "../../src/tasks/rate-limited-updates.ts";
import { createRunTimes } from "../../src/tasks/run-times.ts";
import { maySee, visibleTask } from "../../src/tasks/task-access.ts";
import { createTaskCache } from "../../src/tasks/task-cache.ts";
import { applyPatch, keepPercent, mergeReports, startTask, type TaskPatch } from "../../src/tasks/task-transitions.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

const now = 1_800_000_000_000;
const queued = (id = "task-1"): TaskSnapshot => startTask({ kind: "t", title: "T", owner_id: "ada" }, id, now);
const running = (patch: TaskPatch = {}): TaskSnapshot => applyPatch(queued(), { status: "running", ...patch }, now);

describe("a task", () => {
  const as = (userId: string, role: "user" | "admin" = "user") => ({ userId, role }) as Principal;

  it("is seen by its owner and by administrators", () => {
    expect([as("ada"), as("bob"), as("root", "admin")].map((who) => maySee(queued(), who))).toEqual([
      true,
      false,
      true,
    ]);
    expect(visibleTask(queued(), as("ada"))).toEqual(queued());
    expect(visibleTask(queued(), as("root", "admin"))).toEqual(queued());
  });

  it("of another user is not found, exactly as one that does not exist", () => {
    const notFound = expect.objectContaining({ code: "task_not_found" });
    expect(() => visibleTask(queued(), as("bob"))).toThrow(notFound);
    expect(() => visibleTask(undefined, as("root", "admin"))).toThrow(notFound);
  });
});

describe("a report", () => {
  it("of a failure carries the error, and no other report has one", () => {
    const error = { code: "disk", message: "full" };
    expect(applyPatch(running(), { status: "failed", error }, now)).toMatchObject({ status: "failed", error });
    expect(running()).not.toHaveProperty("error");
    expect(running()).not.toHaveProperty("result");
  });

  it.each(["completed", "failed", "cancelled"] as const)("after %s names the state and is refused", (status) => {
    const ended = applyPatch(running(), { status }, now);
    for (const next of ["queued", "running", "completed", "failed", "cancelled"] as const) {
      expect(() => applyPatch(ended, { status: next }, now)).toThrow(
        expect.objectContaining({ code: "task_finished" }),
      );
    }
  });

  it.each([
    [{ current: 3, total: 0 }, null],
    [{ current: 3, total: -4 }, null],
    [{ total: 10 }, null],
    [{ current: 1, total: 3 }, 33.3],
    [{ current: 1, total: 3, percent: 50 }, 50],
    [{ current: 1, total: 4, percent: null }, null],
    [{ percent: 0 }, 0],
  ] as const)("of %o shows %s percent", (patch, percent) => {
    expect(running(patch).percent).toBe(percent);
  });

  it("without a percent keeps the one before", () => {
    expect(applyPatch(running({ percent: 40 }), { percent: null, message: "m" }, now).percent).toBe(40);
    expect(applyPatch(running({ percent: 40 }), { message: "m" }, now).percent).toBe(40);
  });

  it("estimates the rest from two percent on, and nothing for a run that has not begun", () => {
    expect(applyPatch(running(), { percent: 2 }, now, 1000).eta_seconds).toBe(49);
    expect(applyPatch(running(), { percent: 1.9 }, now, 1000).eta_seconds).toBe(null);
    expect(applyPatch(running(), { message: "m" }, now, 1000).eta_seconds).toBe(null);
    expect(applyPatch(queued(), { percent: 50 }, now, 1000).eta_seconds).toBe(null);
  });

  it("may have a result of 64 KB, and not a byte more", () => {
    const fits = "x".repeat(65_534);
    expect(applyPatch(running(), { status: "completed", result: fits }, now).result).toBe(fits);
    expect(() => applyPatch(running(), { status: "completed", result: `${fits}x` }, now)).toThrow(RangeError);
  });

  it("keeps the start of a run, and begins one with the first state that is not queued", () => {
    expect(applyPatch(queued(), { message: "m" }, now + 5).started_at).toBe(null);
    expect(applyPatch(running(), { percent: 1 }, now + 5).started_at).toBe(new Date(now).toISOString());
    expect(applyPatch(queued(), { status: "completed" }, now + 5).started_at).toBe(new Date(now + 5).toISOString());
  });
});

describe("two states of one task", () => {
  const later = (task: TaskSnapshot, more: Partial<TaskSnapshot>): TaskSnapshot => ({ ...task, ...more });

  it.each([
    [40, 60, 60],
    [60, 40, 60],
    [null, 60, 60],
    [60, null, 60],
    [null, 0, 0],
    [50, 50, 50],
    [null, null, null],
  ])("of %s and %s percent in the same run make %s", (ours, theirs, kept) => {
    const task = later(running(), { percent: ours });
    const other = later(running(), { percent: theirs, message: "theirs" });
    expect(keepPercent(task, other)).toEqual({ ...task, percent: kept });
  });

  it("of different runs keep their own percent, and so does one without a counterpart", () => {
    const task = later(running(), { percent: 10 });
    const other = later(task, { percent: 90, started_at: new Date(now + 1).toISOString() });
    expect(keepPercent(task, other)).toBe(task);
    expect(keepPercent(task, undefined)).toBe(task);
  });

  it("are merged above both versions", () => {
    const task = later(running(), { percent: 10, message: "ours" });
    for (const version of [task.version + 500, task.version - 500]) {
      const merged = mergeReports(task, later(task, { version, percent: 20, message: "theirs" }), now);
      expect(merged).toMatchObject({ percent: 20, message: "ours" });
      expect(merged.version).toBe(Math.max(task.version, version) + 1);
    }
  });
});

describe("the time of a run", () => {
  it("is measured from its first report on, and is none before it begins or after it has ended", () => {
    const clock = createFakeClock(now);
    const runs = createRunTimes(clock);
    expect(runs.elapsedMs(queued())).toBe(0);
    expect(runs.elapsedMs(running())).toBe(0);
    clock.advance(1000);
    clock.setNow(now - 3_600_000);
    expect(runs.elapsedMs(running())).toBe(1000);
    expect(runs.elapsedMs(applyPatch(running(), { status: "completed" }, now))).toBe(0);
    expect(runs.elapsedMs({ ...queued(), started_at: null })).toBe(0);
  });

  it("that another process began is taken from its start, and never negative", () => {
    const clock = createFakeClock(now + 7000);
    const runs = createRunTimes(clock);
    expect(runs.elapsedMs(running())).toBe(7000);
    clock.advance(500);
    expect(runs.elapsedMs(running())).toBe(7500);
    const ahead = { ...running(), task_id: "ahead", started_at: new Date(now + 60_000).toISOString() };
    expect(runs.elapsedMs(ahead)).toBe(0);
  });

  it("starts again for another run, and once it was forgotten", () => {
    const clock = createFakeClock(now);
    const runs = createRunTimes(clock);
    runs.elapsedMs(running());
    clock.advance(1000);
    const again = { ...running(), started_at: new Date(clock.now()).toISOString() };
    expect(runs.elapsedMs(again)).toBe(0);
    clock.advance(1000);
    clock.setNow(now + 60_000);
    expect(runs.elapsedMs(again)).toBe(1000);
    runs.forget("task-1");
    expect(runs.elapsedMs(again)).toBe(59_000);
  });
});

describe("tasks in memory", () => {
  it("are forgotten when a thousand others have ended after them, the oldest first", () => {
    const memory = createTaskCache();
    memory.put(queued("active"));
    for (let n = 0; n <= 1000; n += 1) memory.end(queued(String(n)));
    expect(memory.get("0")).toBeUndefined();
    expect(memory.get("1")).toBeDefined();
    expect([...memory.unfinished()].map(({ task_id }) => task_id)).toEqual(["active"]);
    memory.end(queued("active"));
    expect([...memory.unfinished()]).toEqual([]);
    memory.remove("active");
    expect(memory.get("active")).toBeUndefined();
  });
});

describe("updates of many tasks", () => {
  /** @param costMs - how long it takes to send each one */
  function start(costMs: number) {
    const fake = createFakeClock(now);
    let spent = 0;
    const clock = { ...fake, monotonic: () => fake.monotonic() + spent };
    const sent: string[] = [];
    const updates = createRateLimitedUpdates({
      ...{ clock, flushMs: 100 },
      send({ task_id, message }) {
        spent += costMs;
        sent.push(`${task_id} ${message}`);
      },
    });
    const mark = (id: number | string, message: string) => updates.mark({ ...queued(String(id)), message });
    return { updates, sent, mark, advance: fake.advance, taken: () => sent.splice(0) };
  }
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index);

  it("leave in one tick where each costs little, 16 at a time where they cost much", () => {
    for (const [costMs, slices] of [
      [0.18, [40]],
      [1, [16, 16, 8]],
    ] as const) {
      const { mark, advance, taken } = start(costMs);
      for (const id of ids(40)) mark(id, "a");
      for (const id of ids(40)) mark(id, "b");
      expect(taken()).toHaveLength(40);
      advance(99);
      expect(taken()).toEqual([]);
      // The first slice runs with the tick, and each of the others in its own turn: the clock is not advanced further.
      advance(1);
      expect(taken()).toEqual(ids(slices.reduce((all, count) => all + count, 0)).map((id) => `${id} b`));
      advance(1000);
      expect(taken()).toEqual([]);
    }
  });

  it("do not begin anew with the next tick while one is not through, and end when they are closed", () => {
    const fake = createFakeClock(now);
    let spent = 0;
    const later: (() => void)[] = [];
    const clock = {
      ...fake,
      monotonic: () => fake.monotonic() + spent,
      after(_ms: number, run: () => void) {
        later.push(run);
        return () => void later.splice(later.indexOf(run), 1);
      },
    };
    const sent: string[] = [];
    const updates = createRateLimitedUpdates({
      ...{ clock, flushMs: 100 },
      send({ task_id }) {
        spent += 1;
        sent.push(task_id);
      },
    });
    const mark = () => {
      for (const id of ids(40)) updates.mark(queued(String(id)));
    };
    mark();
    mark();
    sent.length = 0;
    fake.advance(100);
    expect(sent).toEqual(ids(16).map(String));
    fake.advance(100);
    expect(sent).toHaveLength(16);
    later.shift()?.();
    expect(sent).toHaveLength(32);
    later.shift()?.();
    expect(sent).toEqual(ids(40).map(String));
    expect(later).toEqual([]);
    mark();
    sent.length = 0;
    fake.advance(100);
    expect(later).toHaveLength(1);
    updates.close();
    expect(later).toEqual([]);
    fake.advance(1000);
    expect(sent).toHaveLength(16);
  });

  it("need no rest where the last of exactly 16 took too long", () => {
    const { mark, advance, taken } = start(1);
    for (const id of ids(16)) mark(id, "a");
    for (const id of ids(16)) mark(id, "b");
    advance(100);
    expect(taken()).toHaveLength(32);
    mark(3, "c");
    advance(100);
    expect(taken()).toEqual(["3 c"]);
  });

  it("leave at once again after a quiet tick, and not at all once the task was dropped or all is closed", () => {
    const { updates, mark, advance, taken } = start(0);
    mark("one", "a");
    advance(99);
    mark("one", "b");
    expect(taken()).toEqual(["one a"]);
    advance(1);
    expect(taken()).toEqual(["one b"]);
    advance(100);
    mark("one", "c");
    expect(taken()).toEqual(["one c"]);
    mark("one", "d");
    updates.drop("one");
    advance(200);
    expect(taken()).toEqual([]);
    mark("one", "e");
    mark("one", "f");
    updates.close();
    advance(200);
    expect(taken()).toEqual(["one e"]);
    mark("one", "g");
    expect(taken()).toEqual(["one g"]);
  });
});
