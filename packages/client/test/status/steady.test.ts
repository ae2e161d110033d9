import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConnectionStatus } from "../../src/connection-state.ts";
import { createSteady } from "../../src/status/steady.ts";
import { statesOf } from "./states.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const shown: string[] = [];
  const steady = createSteady(({ status }) => shown.push(status));
  return {
    shown,
    steady,
    /** A status entered now. */
    push: (status: ConnectionStatus) => steady.push(statesOf(Date.now())[status]),
  };
}

describe("interruptions", () => {
  it("of less than a second are not shown", () => {
    const { shown, push } = watch();
    push("connected");
    push("reconnecting");
    vi.advanceTimersByTime(999);
    push("connected");
    vi.advanceTimersByTime(60_000);
    expect(new Set(shown)).toEqual(new Set(["connected"]));
  });

  it("are shown after a second, as they then are, however often they changed", () => {
    const { shown, push } = watch();
    push("connected");
    push("reconnecting");
    vi.advanceTimersByTime(600);
    push("offline");
    vi.advanceTimersByTime(399);
    expect(shown).toEqual(["connected"]);
    vi.advanceTimersByTime(1);
    expect(shown).toEqual(["connected", "offline"]);
  });

  it("change at once when they are shown", () => {
    const { shown, push } = watch();
    push("reconnecting");
    vi.advanceTimersByTime(1000);
    push("auth_required");
    expect(shown).toEqual(["reconnecting", "auth_required"]);
  });

  it("just above a second stay long enough to be read", () => {
    const { shown, push } = watch();
    push("connected");
    push("reconnecting");
    vi.advanceTimersByTime(1050);
    push("connected");
    vi.advanceTimersByTime(949);
    expect(shown.at(-1)).toBe("reconnecting");
    vi.advanceTimersByTime(1);
    expect(shown.at(-1)).toBe("connected");
  });

  it("are over at once after a longer time", () => {
    const { shown, push } = watch();
    push("reconnecting");
    vi.advanceTimersByTime(5000);
    push("connected");
    expect(shown).toEqual(["reconnecting", "connected"]);
  });
});

it("shows at once what has lasted for long when it begins to watch", () => {
  const { shown, steady } = watch();
  steady.push(statesOf(Date.now() - 20_000).refused);
  expect(shown).toEqual(["refused"]);
});

it("does not count the time asleep", () => {
  const { shown, push } = watch();
  push("connected");
  push("suspended");
  // Timers of a frozen page do not run: only the clock has moved on when it wakes.
  vi.setSystemTime(Date.now() + 600_000);
  push("reconnecting");
  vi.advanceTimersByTime(900);
  push("connected");
  vi.advanceTimersByTime(60_000);
  expect(new Set(shown)).toEqual(new Set(["connected"]));
});

it("waits no longer than a second when the clock is set back", () => {
  const { shown, push } = watch();
  push("connected");
  push("reconnecting");
  vi.setSystemTime(Date.now() - 3_600_000);
  push("offline");
  vi.advanceTimersByTime(1000);
  expect(shown.at(-1)).toBe("offline");
});

it("shows nothing any more once stopped", () => {
  const { shown, push, steady } = watch();
  push("reconnecting");
  steady.stop();
  vi.advanceTimersByTime(60_000);
  expect(shown).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
