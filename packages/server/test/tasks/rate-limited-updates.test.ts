import { finalStatuses, isFinal, type TaskSnapshot } from "@signalbox/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createProgressFeed } from "../../src/tasks/progress-feed.ts";
import { createTaskRegistry } from "../../src/tasks/task-registry.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

const flushMs = 100;
const log = { debug() {}, info() {}, warn() {}, error() {} };

interface Sent {
  readonly at: number;
  readonly task: TaskSnapshot;
}

function setUp(watched: (taskId: string) => boolean = () => true) {
  const clock = createFakeClock(1_800_000_000_000);
  const hub = createTaskRegistry({ store: createMemoryStore().tasks, clock, log });
  const sent: Sent[] = [];
  const feed = createProgressFeed({
    hub,
    clock,
    flushMs,
    publisher: {
      watched,
      send: (task) => sent.push({ at: clock.now(), task }),
      finish: (task) => sent.push({ at: clock.now(), task }),
      handOver() {},
      remove() {},
      close() {},
    },
  });
  return { clock, hub, sent, feed };
}

const newTask = (task_id: string) => ({ task_id, kind: "t", title: "T", owner_id: "ada" });

describe("progress", () => {
  it("of a task that was quiet leaves at once; then at most once per tick, the latest state", async () => {
    const { clock, hub, sent } = setUp();
    await hub.create(newTask("one"));
    await hub.report("one", { status: "running", current: 0, total: 100 });
    expect(sent).toHaveLength(1);
    for (let current = 1; current <= 50; current += 1) await hub.report("one", { current });
    expect(sent).toHaveLength(1);
    clock.advance(flushMs);
    expect(sent.map(({ task }) => task.current)).toEqual([0, 50]);
  });

  it("of 200 tasks at 50 reports a second costs at most eleven frames for each", async () => {
    const { clock, hub, sent } = setUp();
    const ids = Array.from({ length: 200 }, (_, index) => `task-${index}`);
    for (const id of ids) {
      await hub.create(newTask(id));
      await hub.report(id, { status: "running" });
    }
    for (let round = 0; round < 50; round += 1) {
      for (const id of ids) await hub.report(id, { current: round, total: 50 });
      clock.advance(20);
    }
    expect(sent.length).toBeLessThanOrEqual(200 * 11);
  });

  it("of a task without watchers is not sent", async () => {
    const { clock, hub, sent } = setUp((taskId) => taskId === "watched");
    for (const id of ["watched", "unwatched"]) {
      await hub.create(newTask(id));
      await hub.report(id, { status: "running" });
    }
    clock.advance(flushMs);
    expect(sent.map(({ task }) => task.task_id)).toEqual(["watched"]);
  });
});

describe("a final state", () => {
  it.each(finalStatuses)("%s leaves at once, and nothing follows", async (status) => {
    const { clock, hub, sent } = setUp();
    await hub.create(newTask("one"));
    await hub.report("one", { status: "running", percent: 10 });
    await hub.report("one", { percent: 20 });
    await hub.report("one", { status });
    expect(sent.at(-1)).toMatchObject({ at: clock.now(), task: { status } });
    const count = sent.length;
    clock.advance(10 * flushMs);
    expect(sent).toHaveLength(count);
  });
});

it("whatever is reported in whatever order, watchers end with the latest state in time, and with one final event", async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("report" as const), task: fc.nat(3), percent: fc.nat(100) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 150 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        task: fc.nat(3),
        status: fc.constantFrom(...finalStatuses),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, hub, sent, feed } = setUp();
      for (let task = 0; task <= 3; task += 1) await hub.create(newTask(String(task)));
      for (const each of steps) {
        if (each.kind === "advance") clock.advance(each.ms);
        else {
          const patch =
            each.kind === "end" ? { status: each.status } : { status: "running" as const, percent: each.percent };
          await hub.report(String(each.task), patch).catch(() => {});
        }
      }
      clock.advance(flushMs);
      for (let task = 0; task <= 3; task += 1) {
        const mine = sent.filter((each) => each.task.task_id === String(task));
        const versions = mine.map((each) => each.task.version);
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
        const latest = await hub.get(String(task));
        if (mine.length > 0) expect(mine.at(-1)?.task).toEqual(latest);
        if (latest && isFinal(latest.status)) {
          expect(mine.filter((each) => isFinal(each.task.status))).toHaveLength(1);
        }
      }
      feed.close();
    }),
    { numRuns: 200 },
  );
});
