import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPatch, resumeTask, startTask, type TaskPatch } from "../../src/tasks/task-transitions.ts";

const now = 1_800_000_000_000;
const queued = (): TaskSnapshot => startTask({ kind: "t", title: "T", owner_id: "ada" }, "task-1", now);
const running = (patch: TaskPatch = {}): TaskSnapshot => applyPatch(queued(), { status: "running", ...patch }, now);

describe("a report", () => {
  it("raises the version above the one before and, where it can, to the time in microseconds", () => {
    const first = queued();
    expect(first.version).toBe(now * 1000);
    expect(applyPatch(first, { percent: 1 }, now).version).toBe(first.version + 1);
    expect(applyPatch(first, { percent: 1 }, now + 5000).version).toBe((now + 5000) * 1000);
    expect(applyPatch(first, { percent: 1 }, now - 5000).version).toBe(first.version + 1);
  });
  it("has a version that a number holds exactly, and that a burst of reports does not carry ahead of the time", () => {
    let task = running();
    for (let report = 0; report < 900; report += 1) task = applyPatch(task, { current: report }, now);
    expect(task.version).toBeLessThan((now + 1) * 1000);
    expect(Number.isSafeInteger(applyPatch(task, {}, Date.UTC(2200, 0, 1)).version)).toBe(true);
  });
  it("derives the percent from current and total", () => {
    expect(running({ current: 3, total: 12 }).percent).toBe(25);
    expect(running({ current: 3 }).percent).toBeNull();
  });
  it.each([
    [Number.NaN, 40],
    [-5, 40],
    [30, 40],
    [400, 100],
    [Number.POSITIVE_INFINITY, 100],
  ])("of %s percent after 40 shows %s", (percent, shown) => {
    expect(applyPatch(running({ percent: 40 }), { percent }, now).percent).toBe(shown);
  });
  it("that sends a task back to the queue begins a new run, where percent starts anew", () => {
    const before = running({ current: 4, total: 10, step: "Converting", message: "cat.jpg" });
    const again = applyPatch(before, { status: "queued" }, now + 1);
    const unknown = { percent: null, current: null, step: null, message: null, started_at: null, eta_seconds: null };
    expect(again).toMatchObject({ status: "queued", total: 10, ...unknown });
    expect(applyPatch(again, { status: "running", percent: 5 }, now + 2).percent).toBe(5);
  });
  it("estimates the rest from elapsed time, and says nothing when it cannot know", () => {
    const halfway = applyPatch(running(), { percent: 50 }, now + 10_000, 10_000);
    expect(halfway.eta_seconds).toBe(10);
    expect(running({ percent: 1 }).eta_seconds).toBeNull();
    expect(applyPatch(halfway, { eta_seconds: 3 }, now + 11_000).eta_seconds).toBe(3);
  });
  it("cuts texts that are too long", () => {
    expect(running({ message: "x".repeat(5000) }).message).toHaveLength(1000);
  });
  it("cuts texts between characters, and never splits an emoji", () => {
    const title = `${"x".repeat(199)}😀!`;
    const cut = `${"x".repeat(199)}😀`;
    expect(startTask({ kind: "t", title, owner_id: "ada" }, "task-1", now).title).toBe(cut);
    expect(running({ title }).title).toBe(cut);
    expect(running({ step: "a\ud83d" }).step).toBe("a\ufffd");
  });
  it("with a result that is too large is an error of the programmer, with the size and what to do", () => {
    expect(() => applyPatch(running(), { status: "completed", result: "x".repeat(70_000) }, now)).toThrow(
      /task-1.*70002 bytes/,
    );
  });
  it("of an impossible change names both states", () => {
    expect(() => applyPatch(running(), { status: "unknown" as never }, now)).toThrow("from running to unknown");
  });
});

describe("a task that a restart interrupted", () => {
  it("is queued, in a run without progress, and keeps its other fields", () => {
    const stored = running({ current: 4, total: 10, step: "Converting", message: "cat.jpg" });
    const { task_id, title, owner_id, created_at } = stored;
    expect(resumeTask(stored, now + 1)).toMatchObject({
      ...{ task_id, title, owner_id, created_at, status: "queued", total: 10 },
      ...{ percent: null, current: null, step: null, message: null, started_at: null, eta_seconds: null },
    });
  });
  it.each([0, 5000, -5000, -3_600_000])(
    "has a version above what was seen and not saved, with the clock moved by %i ms",
    (moved) => {
      const stored = running();
      const seen = applyPatch(stored, { percent: 90 }, now + 1000);
      expect(resumeTask(stored, now + 1000 + moved).version).toBeGreaterThan(seen.version);
    },
  );
});

describe("a final state", () => {
  it.each(["completed", "failed", "cancelled"] as const)("%s takes no further report", (status) => {
    const ended = applyPatch(running(), { status }, now);
    expect(() => applyPatch(ended, { percent: 10 }, now)).toThrow(expect.objectContaining({ code: "task_finished" }));
  });
  it("completed is 100 percent, with nothing left to wait for", () => {
    expect(applyPatch(running({ percent: 7 }), { status: "completed" }, now)).toMatchObject({
      percent: 100,
      eta_seconds: null,
    });
  });
});

describe("whatever is reported", () => {
  const patch = fc.record(
    {
      status: fc.constantFrom("queued", "running", "completed", "failed", "cancelled"),
      percent: fc.oneof(fc.double(), fc.constant(null)),
      current: fc.integer({ min: -5, max: 50 }),
      total: fc.integer({ min: -5, max: 50 }),
    },
    { requiredKeys: [] },
  );

  it("versions rise, percent stays within 0 and 100 and never falls in a run, and nothing follows the end", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(patch, fc.integer({ min: -2000, max: 2000 })), { maxLength: 40 }), (reports) => {
        let task = queued();
        for (const [change, delay] of reports) {
          const before = task;
          try {
            task = applyPatch(before, change as TaskPatch, now + delay);
          } catch (error) {
            expect(isFinal(before.status)).toBe(true);
            expect(error).toMatchObject({ code: "task_finished" });
            continue;
          }
          expect(task.version).toBeGreaterThan(before.version);
          if (task.percent !== null) {
            expect(task.percent).toBeGreaterThanOrEqual(0);
            expect(task.percent).toBeLessThanOrEqual(100);
          }
          const newRun = before.status === "running" && task.status === "queued";
          if (!newRun && before.percent !== null) expect(task.percent).toBeGreaterThanOrEqual(before.percent);
        }
      }),
    );
  });
});
