import { setTimeout as pause } from "node:timers/promises";
import type { Workload } from "./workload.ts";

const atOnce = 50;
const warmUp = { from: 3000, count: 500 };
const timesWarmedUp = 8;

/** Signalbox uses the answer of a session look-up again for two seconds: reading tokens must not let a client in. */
const forgetMs = 2500;

/** What closing has left behind is gone by then. */
const settleMs = 1000;

/** What letting a client in costs, and what it costs to keep one that says nothing. */
export const admissionWorkload: Workload = {
  name: "W1",
  title: "Admission and memory of idle connections",
  metrics: [
    { key: "cpu_us", label: "CPU per admitted connection", unit: "µs", better: "less" },
    { key: "per_s", label: "admitted", unit: "1/s", better: "more" },
    { key: "resident_kb", label: "resident memory per connection", unit: "KB", better: "less" },
    { key: "heap_kb", label: "heap and external per connection", unit: "KB", better: "less" },
  ],
  async run(newStage, quick) {
    const { load, measure, memory } = await newStage();
    const users = { from: 0, count: quick ? 500 : 2000 };
    // A page has read its token long before: that is no part of being let in.
    await load.call("tokens", warmUp);
    await load.call("tokens", users);
    // Compiles the code and brings the heap to its working size, which takes some thousands: otherwise the first
    // connections pay for both, and no later one in the life of a server.
    for (let time = 0; time < timesWarmedUp; time += 1) {
      await load.call("open", { ...warmUp, atOnce });
      await load.call("close", {});
    }
    await pause(forgetMs);
    // Before memory is looked at: a forced garbage collection throws compiled code away, and the next client pays for
    // it.
    const { cpuUs, answer } = await measure(() => load.call("open", { ...users, atOnce }));
    await load.call("close", {});
    await pause(settleMs);
    // They come back and stay: the room that they left would be filled by those who are counted, and look like nothing.
    await load.call("open", { ...warmUp, atOnce });
    await pause(forgetMs);
    const before = await memory();
    await load.call("open", { ...users, atOnce });
    await pause(settleMs);
    const after = await memory();
    const perConnectionKb = (bytes: number): number => bytes / 1024 / users.count;
    return {
      cpu_us: cpuUs / users.count,
      per_s: users.count / answer.seconds,
      resident_kb: perConnectionKb(after.residentBytes - before.residentBytes),
      ...(after.heapBytes !== undefined &&
        before.heapBytes !== undefined && { heap_kb: perConnectionKb(after.heapBytes - before.heapBytes) }),
    };
  },
};
