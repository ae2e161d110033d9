/**
 * However many clients watch, the event loop is free again soon. Measured on a real clock; ticks.test.ts covers all the
 * rest.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { connectClient, createFakeClock, startTestServer } from "../../../src/testing/index.ts";
import { onWrite, openEnv, serverSocketOf, turn } from "./fixture.ts";

const taskCount = 2000;
const watcherCount = 1000;
const watchedByEach = 20;
const flushMs = 100;
const rounds = 7;

/** The test controls the ticks, but their duration is real. */
function createTickingClock() {
  const clock = createFakeClock(Date.now());
  return {
    ...clock,
    now: () => Date.now(),
    after(ms: number, run: () => void): () => void {
      if (ms > 0) return clock.after(ms, run);
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}

interface Tick {
  /** The longest turn of the event loop. */
  readonly longestMs: number;
  /** The highest number of connections that were written to in one turn. */
  readonly most: number;
}

it("a tick of 2,000 tasks for 1,000 watchers holds the event loop for 10 ms at a time, and reaches everybody", {
  timeout: 60_000,
}, async () => {
  const clock = createTickingClock();
  const server = await startTestServer({ clock, env: openEnv });
  onTestFinished(() => server.close());
  const { progress, io } = server.realtime;
  const ids = Array.from({ length: taskCount }, (_, index) => `task-${index}`);
  for (const task_id of ids) {
    await progress.create({ task_id, kind: "t", title: `The title of ${task_id}`, owner_id: "ada" });
    await progress.report(task_id, { status: "running" });
  }
  const crowd = fork(join(import.meta.dirname, "watchers-main.ts"), [String(server.port), String(watcherCount)], {
    execArgv: ["--conditions=@signalbox/source"],
  });
  onTestFinished(() => void crowd.kill("SIGKILL"));
  const { sockets } = io.of("/");
  await expect.poll(() => sockets.size, { timeout: 20_000 }).toBe(watcherCount);
  let writes = 0;
  // No two clients watch the same tasks, so that none share a write.
  for (const [index, socket] of [...sockets.values()].entries()) {
    const own = Array.from({ length: watchedByEach }, (_, n) => taskRoom(`task-${(index * 7 + n * 97) % taskCount}`));
    await socket.join(own);
    onWrite(socket, () => {
      writes += 1;
    });
  }
  const reader = await connectClient(server.url);
  onTestFinished(() => reader.close());
  const socket = serverSocketOf(server, reader.socket.id);
  const own = ids.slice(-watchedByEach);
  await socket.join(own.map(taskRoom));
  const states: TaskSnapshot[] = [];
  reader.socket.on("progress_update", (task) => states.push(task));

  const ticks: Tick[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    for (const id of ids) {
      await progress.report(id, { current: round });
      if (Number(id.slice(5)) % 100 === 0) await turn();
    }
    if (round > 0) ticks.push(await tick());
  }
  // On a busy machine turns are long, but little is done in each.
  expect(ticks.filter(({ longestMs, most }) => longestMs > 10 && most > watcherCount / 2)).toEqual([]);
  await expect
    .poll(() => own.map((id) => states.findLast(({ task_id }) => task_id === id)?.current))
    .toEqual(own.map(() => rounds));

  /** Measures each turn of the event loop, from the beginning of a tick until well after its end. */
  async function tick(): Promise<Tick> {
    let [longestMs, most] = [0, 0];
    const until = performance.now() + 300;
    let before = { at: performance.now(), writes };
    // In a timer, like the ticks of a real clock: what follows them in the same turn is part of it.
    setTimeout(() => clock.advance(flushMs), 1);
    while (before.at < until) {
      await turn();
      const now = { at: performance.now(), writes };
      longestMs = Math.max(longestMs, now.at - before.at);
      most = Math.max(most, now.writes - before.writes);
      before = now;
    }
    return { longestMs, most };
  }
});
