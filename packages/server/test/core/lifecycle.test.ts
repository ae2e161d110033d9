import { expect, it } from "vitest";
import { createLifecycle } from "../../src/core/lifecycle.ts";

it("drains and then closes in the reverse order of registration, each step once", async () => {
  const lifecycle = createLifecycle();
  const steps: string[] = [];
  for (const name of ["first", "second"]) {
    lifecycle.onDrain(async () => void steps.push(`drain ${name}`));
    lifecycle.onClose(async () => void steps.push(`close ${name}`));
  }
  expect(lifecycle.isDraining()).toBe(false);
  const drained = lifecycle.drain();
  expect(lifecycle.isDraining()).toBe(true);
  await Promise.all([drained, lifecycle.close(), lifecycle.close(), lifecycle.drain()]);
  expect(steps).toEqual(["drain second", "drain first", "close second", "close first"]);
});

it("waits for each step before the next one, and for none that is synchronous", async () => {
  const lifecycle = createLifecycle();
  const steps: string[] = [];
  const slow = Promise.withResolvers<void>();
  lifecycle.onDrain(() => void steps.push("third"));
  lifecycle.onDrain(async () => {
    steps.push("second");
    await slow.promise;
  });
  lifecycle.onDrain(() => void steps.push("first"));
  const drained = lifecycle.drain();
  expect(steps).toEqual(["first", "second"]);
  slow.resolve();
  await drained;
  expect(steps).toEqual(["first", "second", "third"]);
});

it("rejects with the error of a step, and does not run the steps behind it", async () => {
  const lifecycle = createLifecycle();
  let isClosed = false;
  lifecycle.onClose(() => {
    isClosed = true;
  });
  lifecycle.onDrain(() => Promise.reject(new Error("stuck")));
  await expect(lifecycle.close()).rejects.toThrow("stuck");
  expect(isClosed).toBe(false);
});
