/** A user or guest who keeps offending is refused for a while; an honest client with a bug is not. */
import { describe, expect, it } from "vitest";
import { createAutomaticBlocks } from "../../src/limits/automatic-blocks.ts";
import { guestSubject } from "../../src/limits/subject.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

const minute = 60_000;

function start() {
  const clock = createFakeClock(1_000_000_000_000);
  const blocks = createAutomaticBlocks(clock);
  return {
    blocks,
    pass: clock.advance,
    setNow: (shift: number) => clock.setNow(clock.now() + shift),
    /** Offends until a block is imposed; returns its minutes, and the number of offences that it took. */
    offendUntilBlocked(place: string, type: Parameters<typeof blocks.offend>[1] = "csrf_failed") {
      for (let times = 1; times <= 10_000; times += 1) {
        const block = blocks.offend(place, type);
        if (block !== undefined) return { minutes: (block.until - block.since) / minute, times };
      }
      return undefined;
    },
  };
}

describe("a block", () => {
  it("comes after offences that together weigh too much within ten minutes, the grave ones first", () => {
    expect(start().offendUntilBlocked("user:a", "csrf_failed")).toEqual({ minutes: 1, times: 31 });
    expect(start().offendUntilBlocked("user:a", "origin_refused")).toEqual({ minutes: 1, times: 121 });
    expect(start().offendUntilBlocked("user:a", "rate_limited")).toEqual({ minutes: 1, times: 1201 });
  });

  it.each([
    "task_denied",
    "session_revoked",
    "connection_cap",
    "banned",
    "blocked",
    "admin_action",
    "csp_violation",
  ] as const)("does not come for %s, which happens to honest people", (type) =>
    expect(start().offendUntilBlocked("user:a", type)).toBeUndefined(),
  );

  it("does not come for an old client that sends an undeclared event every second, all day", () => {
    const { blocks, pass } = start();
    for (let n = 0; n < 86_400; n += 1) {
      expect(blocks.offend("user:a", "event_unknown")).toBeUndefined();
      pass(1000);
    }
  });

  it("is in force until its time is over, for its subject alone", () => {
    const { blocks, pass, offendUntilBlocked } = start();
    offendUntilBlocked("user:a");
    expect(blocks.of("user:a")).toMatchObject({ place: "user:a", times: 1, type: "csrf_failed" });
    expect(blocks.of("user:b")).toBeUndefined();
    expect(blocks.list()).toHaveLength(1);
    pass(minute - 1);
    expect(blocks.of("user:a")).toBeDefined();
    pass(1);
    expect(blocks.of("user:a")).toBeUndefined();
    expect(blocks.list()).toEqual([]);
  });

  it("becomes longer for a user who keeps offending, up to an hour, and starts again after a quiet hour", () => {
    const { pass, offendUntilBlocked } = start();
    const lengths = Array.from({ length: 6 }, () => {
      const minutes = offendUntilBlocked("user:a")?.minutes ?? 0;
      pass(minutes * minute + 1);
      return minutes;
    });
    expect(lengths).toEqual([1, 5, 15, 60, 60, 60]);
    pass(60 * minute);
    expect(offendUntilBlocked("user:a")?.minutes).toBe(1);
  });

  it("never becomes longer than a minute for the guests of an address, who may be many, and leaves them as long alone", () => {
    const { pass, offendUntilBlocked } = start();
    const guests = guestSubject("203.0.113.1");
    for (let n = 0; n < 5; n += 1) {
      expect(offendUntilBlocked(guests)?.minutes).toBe(1);
      pass(minute + 1);
      expect(offendUntilBlocked(guests)).toBeUndefined();
      pass(minute);
    }
  });

  it("is not made longer by a clock that is set back", () => {
    const { blocks, pass, setNow, offendUntilBlocked } = start();
    for (const place of ["user:a", guestSubject("203.0.113.1")]) {
      offendUntilBlocked(place);
      setNow(-60 * minute);
      expect(blocks.of(place)).toBeDefined();
      pass(minute);
      expect(blocks.of(place)).toBeUndefined();
    }
  });

  it("can be lifted, which forgets what brought it", () => {
    const { blocks, offendUntilBlocked } = start();
    offendUntilBlocked("user:a");
    expect([blocks.lift("user:a"), blocks.lift("user:a")]).toEqual([true, false]);
    expect(blocks.of("user:a")).toBeUndefined();
    expect(offendUntilBlocked("user:a")).toEqual({ minutes: 1, times: 31 });
  });
});
