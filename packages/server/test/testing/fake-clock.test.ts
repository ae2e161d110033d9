import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

describe("the fake clock", () => {
  it("stands still until it is told to go on", () => {
    const clock = createFakeClock(5);
    expect(clock.now()).toBe(5);
    clock.advance(10);
    expect(clock.now()).toBe(15);
  });
  it("runs what is due in the order of its time, at its time, including what is started meanwhile", () => {
    const clock = createFakeClock(0);
    const ran: [string, number][] = [];
    const note = (name: string) => () => void ran.push([name, clock.now()]);
    clock.after(30, note("late"));
    clock.after(10, () => {
      note("early")();
      clock.after(5, note("started"));
    });
    clock.every(12, note("each"));
    clock.after(41, note("not yet"));
    clock.advance(40);
    expect(ran).toEqual([
      ["early", 10],
      ["each", 12],
      ["started", 15],
      ["each", 24],
      ["late", 30],
      ["each", 36],
    ]);
  });
  it("runs nothing that was cancelled, also when that happens at the same moment", () => {
    const clock = createFakeClock(0);
    let ran = 0;
    const count = (): void => {
      ran += 1;
    };
    let cancelSecond = (): void => {};
    clock.after(10, () => cancelSecond());
    cancelSecond = clock.after(10, count);
    const stop = clock.every(10, () => stop());
    clock.advance(100);
    expect(ran).toBe(0);
  });
});

it("is set to another time of day without its timers or its monotonic reading noticing", () => {
  const clock = createFakeClock(1000);
  const ran: number[] = [];
  clock.after(10, () => ran.push(clock.now()));
  clock.setNow(500);
  expect([clock.now(), clock.monotonic()]).toEqual([500, 0]);
  clock.advance(10);
  expect([ran, clock.now(), clock.monotonic()]).toEqual([[510], 510, 10]);
});
