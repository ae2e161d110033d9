import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPatch, startTask, type TaskPatch } from "../../src/progress/task-stream.ts";

const now = 1_800_000_000_000;
const queued = (): TaskSnapshot => startTask({ kind: "t", title: "T", owner_id: "ada" }, "task-1", now);
const running = (patch: TaskPatch = {}): TaskSnapshot => applyPatch(queued(), { status: "running", ...patch }, now);

describe("a report", () => {
  it("raises the version above the one before and, where it can, to the time", () => {
    const first = queued();
    expect(applyPatch(first, { percent: 1 }, now).version).toBe(first.version + 1);
    expect(applyPatch(first, { percent: 1 }, now + 5000).version).toBe(now + 5000);
    expect(applyPatch(first, { percent: 1 }, now - 5000).version).toBe(first.version + 1);
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
    const again = applyPatch(running({ percent: 40 }), { status: "queued" }, now + 1);
    expect(again).toMatchObject({ status: "queued", percent: null, started_at: null });
    expect(applyPatch(again, { status: "running", percent: 5 }, now + 2).percent).toBe(5);
  });
  it("estimates the rest from elapsed time, and says nothing when it cannot know", () => {
    const halfway = applyPatch(running(), { percent: 50 }, now + 10_000);
    expect(halfway.eta_seconds).toBe(10);
    expect(running({ percent: 1 }).eta_seconds).toBeNull();
    expect(applyPatch(halfway, { eta_seconds: 3 }, now + 11_000).eta_seconds).toBe(3);
  });
  it("cuts texts that are too long", () => {
    expect(running({ message: "x".repeat(5000) }).message).toHaveLength(1000);
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
