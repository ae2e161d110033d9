import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import type { Line } from "../history/line.ts";
import { recordStalls } from "./stall-recorder.ts";

/** A process that does nothing but work. */
function startWork() {
  const child = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

it("the stopwatch counts what a process does and what it waits for", async () => {
  const recorder = recordStalls(
    () => [],
    () => {},
  );
  onTestFinished(recorder.stop);
  const worked = recorder.stopwatch();
  while (worked() < 100);
  const waited = recorder.stopwatch();
  await expect.poll(waited).toBeGreaterThan(100);
  expect(await recorder.until(() => false, 50)).toBe(false);
});

const isCounted = existsSync("/proc/self/schedstat");

it.runIf(isCounted)("waits of another process for a core are written down", async () => {
  const working = Array.from({ length: 2 * availableParallelism() }, startWork);
  const lines: Line[] = [];
  const startedAt = Date.now();
  const recorder = recordStalls(
    () => working.slice(0, 1).map(({ pid }) => pid ?? 0),
    (line) => lines.push(line),
  );
  onTestFinished(recorder.stop);
  const elapsed = recorder.stopwatch();
  await expect.poll(() => Date.now() - startedAt - elapsed()).toBeGreaterThan(200);
  expect(lines.length).toBeGreaterThan(0);
  expect(elapsed()).toBeGreaterThanOrEqual(0);
});
