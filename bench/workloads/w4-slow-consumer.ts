import { setTimeout as pause } from "node:timers/promises";
import type { Memory, Stage } from "../stage.ts";
import type { Workload } from "./workload.ts";

const readers = 10;
const traffic = { bytes: 1024, broadcasts: 20, turnsPerSecond: 100 } as const;
const sampleMs = 1000;
const megabyte = 1_000_000;

/** One client in the room that no longer reads, beside ten that do. */
export const slowConsumerWorkload: Workload = {
  name: "W4",
  title: "Slow consumer: one client of eleven stops reading, 2,000 messages/s of 1 KB",
  metrics: [
    { key: "resident_mb", label: "growth of resident memory", unit: "MB", better: "less" },
    { key: "heap_mb", label: "growth of heap and external", unit: "MB", better: "less" },
    { key: "closed_after_s", label: "slow client closed after", unit: "s", better: "neither" },
    { key: "close_code", label: "with the close code", unit: "", better: "neither" },
    { key: "others_p99_ms", label: "others: p99 latency", unit: "ms", better: "less" },
  ],
  async run(newStage, quick) {
    const { load, memory } = await newStage();
    const users = { from: 0, count: readers + 1 };
    await load.call("tokens", users);
    await load.call("open", { ...users, atOnce: users.count });
    // The same traffic with everybody reading brings the heap and the buffers to their working size.
    await load.call("paced", { ...traffic, seconds: quick ? 3 : 10 });
    const before = await memory();
    await load.call("pause", { client: readers });
    const { samples, answer } = await sampleWhile(memory, load.call("paced", { ...traffic, seconds: quick ? 5 : 20 }));
    const { code } = await load.call("resume", { client: readers });
    const closed = samples.find(({ connections }) => connections !== undefined && connections <= readers);
    const growth = (of: (memory: Memory) => number): number => (Math.max(...samples.map(of)) - of(before)) / megabyte;
    return {
      resident_mb: growth(({ residentBytes }) => residentBytes),
      heap_mb: growth(({ heapBytes = 0 }) => heapBytes),
      others_p99_ms: answer.p99Ms,
      ...(closed !== undefined && { closed_after_s: closed.atSeconds }),
      ...(code !== null && { close_code: code }),
    };
  },
};

/** Looks at the memory every second until something is over. */
async function sampleWhile<Answer>(memory: Stage["memory"], running: Promise<Answer>) {
  const samples: (Memory & { readonly atSeconds: number })[] = [];
  const startedAt = performance.now();
  let over = false;
  void running.finally(() => {
    over = true;
  });
  while (!over) {
    await pause(sampleMs);
    const atSeconds = (performance.now() - startedAt) / 1000;
    samples.push({ atSeconds, ...(await memory()) });
  }
  return { samples, answer: await running };
}
