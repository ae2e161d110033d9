/** A tick is bounded: in what one client is sent, and in how long it holds the event loop. */
import { type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { connectClient, createFakeClock, startTestServer } from "../../../src/testing/index.ts";
import { openEnv, serverSocketOf, turn } from "./fixture.ts";

const flushMs = 100;

/** A server whose clock stands still, many running tasks, and a client that watches them all. */
async function start(taskCount: number, env: Record<string, string> = {}, message = "") {
  const clock = createSteppedClock();
  const server = await startTestServer({ clock, env: { ...openEnv, ...env } });
  onTestFinished(() => server.close());
  const { progress } = server.realtime;
  const ids = Array.from({ length: taskCount }, (_, index) => `task-${index}`);
  for (const task_id of ids) {
    await progress.create({ task_id, kind: "t", title: "T", owner_id: "ada" });
    await progress.report(task_id, { status: "running", message });
  }
  clock.advance(10 * flushMs);
  const client = await connectClient(server.url, { accepts: ["progress_batch"] });
  onTestFinished(() => client.close());
  const socket = serverSocketOf(server, client.socket.id);
  await socket.join(ids.map(taskRoom));

  const arrived: TaskSnapshot[] = [];
  client.socket.on("progress_update", (task) => arrived.push(task));
  client.socket.on("progress_batch", ({ tasks }) => arrived.push(...tasks));
  client.socket.on("task_completed", (task) => arrived.push(task));
  /** What the client has been sent since the last call. */
  const look = async (): Promise<TaskSnapshot[]> => {
    await turn();
    socket.emit("look");
    await client.next("look");
    return arrived.splice(0);
  };
  return {
    ...{ server, clock, progress, ids, look },
    reportAll: (current: number) => Promise.all(ids.map((id) => progress.report(id, { current }))),
    async nextTick(): Promise<TaskSnapshot[]> {
      clock.advance(flushMs);
      return look();
    },
  };
}

/**
 * A clock that stands still as well, but while it is `busy` each reading takes 5 ms, so that a slice of work is over at
 * once.
 */
function createSteppedClock() {
  const clock = createFakeClock();
  let spent = 0;
  return {
    ...clock,
    busy: false,
    monotonic() {
      if (this.busy) spent += 5;
      return clock.monotonic() + spent;
    },
    /** Work without a delay continues in a later turn of the real event loop, as with a real clock. */
    after(ms: number, run: () => void): () => void {
      if (ms > 0) return clock.after(ms, run);
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  };
}

const idsOf = (tasks: readonly TaskSnapshot[]): string[] => tasks.map(({ task_id }) => task_id);
const bytesOf = (tasks: readonly TaskSnapshot[]): number => Buffer.byteLength(JSON.stringify(tasks));

it("one client is sent PROGRESS_TICK_TASKS states a tick, and the rest in the next ones", async () => {
  const { ids, reportAll, look, nextTick } = await start(35, { PROGRESS_TICK_TASKS: "10" });
  await reportAll(1);
  const ticks = [await look(), await nextTick(), await nextTick(), await nextTick(), await nextTick()];
  expect(ticks.map(({ length }) => length)).toEqual([10, 10, 10, 5, 0]);
  expect(idsOf(ticks.flat())).toEqual(ids);
});

it("what waits for a later tick is sent in its latest state only, and none before all others had their turn", async () => {
  const { ids, reportAll, look, nextTick } = await start(40, { PROGRESS_TICK_TASKS: "10" });
  const seen: TaskSnapshot[] = [];
  for (let round = 1; round <= 12; round += 1) {
    await reportAll(round);
    const tasks = round === 1 ? await look() : await nextTick();
    expect(tasks.length).toBeLessThanOrEqual(10);
    seen.push(...tasks);
    if (round % 4 !== 0) continue;
    expect(new Set(idsOf(seen.slice(-40)))).toEqual(new Set(ids));
    for (const { current } of tasks) expect(current).toBe(round);
  }
});

it.each([
  ["PROGRESS_TICK_BYTES", { PROGRESS_TICK_BYTES: "10000" }, 10_000, "x"],
  ["the default of PROGRESS_TICK_BYTES", {}, 65_536, "x"],
  ["the default of PROGRESS_TICK_BYTES, of text in three bytes a character", {}, 65_536, "漢"],
])("one client is sent %s a tick, and the rest in the next ones", async (_name, env, bound, character) => {
  const message = character.repeat(900);
  const { ids, reportAll, look, nextTick } = await start(150, env, message);
  await reportAll(1);
  const ticks = [await look()];
  while (ticks.at(-1)?.length !== 0) ticks.push(await nextTick());
  const [largest = 0] = ticks.map((tasks) => Math.max(0, ...tasks.map((task) => bytesOf([task]))));
  for (const tasks of ticks) expect(bytesOf(tasks)).toBeLessThanOrEqual(bound + largest);
  expect(idsOf(ticks.flat())).toEqual(ids);
});

it("final events are bounded by no tick", async () => {
  const { ids, progress, look } = await start(30, { PROGRESS_TICK_TASKS: "10" });
  await Promise.all(ids.map((id) => progress.complete(id)));
  expect((await look()).map(({ status }) => status)).toEqual(ids.map(() => "completed"));
});

it("a tick longer than its slice goes on in later turns, and repeats and loses nothing", async () => {
  const { clock, ids, reportAll, look } = await start(100);
  await reportAll(1);
  expect(await look()).toHaveLength(100);
  await reportAll(2);
  clock.busy = true;
  clock.advance(flushMs);
  const turns: number[] = [];
  const seen: TaskSnapshot[] = [];
  while (seen.length < 100 && turns.length < 100) {
    const tasks = await look();
    turns.push(tasks.length);
    seen.push(...tasks);
  }
  clock.busy = false;
  expect(turns.length).toBeGreaterThan(3);
  expect(Math.max(...turns)).toBeLessThan(100 / 2);
  expect(idsOf(seen)).toEqual(ids);
  for (const { current } of seen) expect(current).toBe(2);
  clock.advance(5 * flushMs);
  expect(await look()).toEqual([]);
});

it("a final event does not wait for a tick that goes on, and no state of its task follows", async () => {
  const { clock, progress, ids, reportAll, look } = await start(100);
  const [first = "", last = ""] = [ids[0], ids.at(-1)];
  await reportAll(1);
  await look();
  await reportAll(2);
  clock.busy = true;
  clock.advance(flushMs);
  const ended = progress.complete(last);
  const seen = await look();
  await ended;
  expect(seen).toContainEqual(expect.objectContaining({ task_id: last, status: "completed" }));
  expect(seen.length).toBeLessThan(100 / 2);
  // Again, while the rest still waits: for a task that has been sent, and for one that has not.
  await progress.report(first, { current: 3 });
  await progress.report("task-90", { current: 3 });
  clock.busy = false;
  for (let count = 0; count < 50; count += 1) seen.push(...(await look()));
  clock.advance(flushMs);
  seen.push(...(await look()));
  const of = (id: string) =>
    seen.filter(({ task_id }) => task_id === id).map(({ current, status }) => [current, status]);
  expect(of(last)).toEqual([[2, "completed"]]);
  expect(of(first)).toEqual([
    [2, "running"],
    [3, "running"],
  ]);
  expect(of("task-90")).toEqual([[3, "running"]]);
  expect(new Set(idsOf(seen)).size).toBe(100);
});

it("a tick that is due while the one before goes on is left out, and the latest states arrive", async () => {
  const { clock, reportAll, look } = await start(100);
  await reportAll(1);
  const seen = await look();
  clock.busy = true;
  for (let round = 2; round <= 10; round += 1) {
    await reportAll(round);
    clock.advance(flushMs);
    seen.push(...(await look()));
  }
  clock.busy = false;
  for (let count = 0; count < 10; count += 1) {
    clock.advance(flushMs);
    seen.push(...(await look()));
  }
  const latest = new Map<string, TaskSnapshot>();
  for (const task of seen) {
    expect(task.version).toBeGreaterThan(latest.get(task.task_id)?.version ?? 0);
    latest.set(task.task_id, task);
  }
  expect([...latest.values()].map(({ current }) => current)).toEqual(Array(100).fill(10));
});
