import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { afterOwnTime, startStopwatch, watchStalls } from "../../src/testing/index.ts";

/** Works without a pause, like code that blocks the event loop. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it("the stopwatch counts what this process does and what it waits for", async () => {
  const startedAt = performance.now();
  const worked = startStopwatch();
  while (worked() < 50);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(50);
  const waited = startStopwatch();
  await expect.poll(waited).toBeGreaterThan(50);
});

it("a time limit runs once, and not after its cancellation", async () => {
  const calls: string[] = [];
  const cancel = afterOwnTime(5, () => calls.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => {
    afterOwnTime(20, () => {
      calls.push("run");
      resolve();
    });
  });
  expect(calls).toEqual(["run"]);
});

const isCounted = existsSync("/proc/pressure/cpu") && existsSync("/proc/self/schedstat");

it.runIf(isCounted)("a machine with more work than cores withholds time", async () => {
  const others = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  onTestFinished(() => {
    for (const other of others) other.kill("SIGKILL");
  });
  const startedAt = performance.now();
  const elapsed = startStopwatch();
  const stalled = watchStalls();
  await expect
    .poll(() => {
      work(20);
      return [performance.now() - startedAt - elapsed() > 50, stalled() > 50];
    })
    .toEqual([true, true]);
});
