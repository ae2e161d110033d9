/** The blocks that administrators impose, with a store and a clock that the test controls. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { BlockStore, StoredBlock } from "../../src/core/ports.ts";
import { createAdminBlocks } from "../../src/limits/admin-blocks.ts";
import { createAutomaticBlocks } from "../../src/limits/automatic-blocks.ts";
import { type Block, blockRefusal } from "../../src/limits/block.ts";
import { guestSubject } from "../../src/limits/subject.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { createTestLog } from "../security-log/fixture.ts";

const now = 1_800_000_000_000;
const hour = 3_600_000;
const iso = (at: number) => new Date(at).toISOString();
const turn = () => new Promise((resolve) => setImmediate(resolve));

const block = (more: Partial<Block> = {}): Block => ({
  ...{ place: "user:a", since: now, until: now + hour, type: "banned", times: 1, by: "root", note: "spam" },
  ...more,
});

/** @param failures - how many requests the store fails at first */
async function start({ rows = [] as StoredBlock[], failures = 0 } = {}) {
  const clock = createFakeClock(now);
  const log = createTestLog();
  const stored = new Map(rows.map((row) => [row.place, row]));
  const asked: string[] = [];
  let left = failures;
  const store = {
    async list(at: string) {
      asked.push(at);
      left -= 1;
      if (left >= 0) throw new Error("not yet");
      return [...stored.values()];
    },
    async put(row: StoredBlock) {
      stored.set(row.place, row);
    },
    async remove(place: string) {
      stored.delete(place);
    },
  } as BlockStore;
  const imposed = createAdminBlocks({ store, clock, log });
  onTestFinished(imposed.close);
  await turn();
  return { asked, clock, imposed, log, stored };
}

describe("imposed blocks", () => {
  it("are read at the start, with who imposed them and why", async () => {
    const row = { place: "user:a", since: iso(now - 1000), until: iso(now + 1000), by: "root", note: "spam" };
    const { asked, imposed } = await start({ rows: [row] });
    expect(asked).toEqual([iso(now)]);
    expect(imposed.of("user:a")).toEqual(block({ since: now - 1000, until: now + 1000 }));
    expect(imposed.of("user:b")).toBeUndefined();
    expect(imposed.list()).toHaveLength(1);
  });

  it("admit no connection until they can be read, which is tried every second until they are closed", async () => {
    const { asked, clock, imposed, log } = await start({ failures: 2 });
    const unavailable = expect.objectContaining({ code: "unavailable", retryAfterMs: 1000 });
    expect(() => imposed.of("user:a")).toThrow(unavailable);
    expect(() => imposed.list()).toThrow(unavailable);
    await expect(imposed.impose(block())).rejects.toMatchObject({ code: "unavailable" });
    imposed.learn(block());
    imposed.forget("user:a");
    clock.advance(999);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(asked).toHaveLength(2);
    clock.advance(1000);
    await turn();
    expect(imposed.of("user:a")).toBeUndefined();
    expect(log.lines).toHaveLength(2);
    clock.advance(10_000);
    expect(asked).toHaveLength(3);
  });

  it("are not asked for again once they are closed", async () => {
    const { asked, clock, imposed } = await start({ failures: 5 });
    imposed.close();
    clock.advance(10_000);
    imposed.reload();
    await turn();
    clock.advance(10_000);
    expect(asked).toHaveLength(2);
  });

  it("are in force once they are stored, until their time is over", async () => {
    const { clock, imposed, stored } = await start();
    await imposed.impose(block());
    expect(stored.get("user:a")).toEqual({
      ...{ place: "user:a", since: iso(now), until: iso(now + hour), by: "root", note: "spam" },
    });
    await imposed.impose({ place: "user:b", since: now, until: now + 2 * hour, type: "banned", times: 1 });
    expect(stored.get("user:b")).toMatchObject({ by: "", note: "" });
    clock.advance(hour - 1);
    expect(imposed.list()).toHaveLength(2);
    clock.advance(1);
    expect(imposed.of("user:a")).toBeUndefined();
    expect(imposed.list().map(({ place }) => place)).toEqual(["user:b"]);
  });

  it("are lifted once that is stored, and a lift says whether one was in force", async () => {
    const { clock, imposed, stored } = await start();
    await imposed.impose(block());
    expect(await imposed.lift("user:a")).toBe(true);
    expect([stored.size, imposed.of("user:a")]).toEqual([0, undefined]);
    expect(await imposed.lift("user:a")).toBe(false);
    await imposed.impose(block());
    clock.advance(hour);
    expect(await imposed.lift("user:a")).toBe(false);
  });

  it("of another node count without being stored here, and are read anew when word of them may have been lost", async () => {
    const { asked, imposed, stored } = await start();
    imposed.learn(block());
    expect(imposed.of("user:a")).toEqual(block());
    imposed.forget("user:a");
    expect(imposed.of("user:a")).toBeUndefined();
    stored.set("user:c", { place: "user:c", since: iso(now), until: iso(now + hour), by: "root", note: "" });
    imposed.reload();
    await turn();
    expect(imposed.of("user:c")).toBeDefined();
    expect(asked).toHaveLength(2);
  });
});

describe("the refusal of a block", () => {
  it("names its end and its reason, and when to ask again: an hour at the most", () => {
    const refusal = (more: Partial<Block>, at = now) => blockRefusal(block(more), at);
    expect(refusal({ by: "root" })).toMatchObject({ code: "blocked", retryAfterMs: hour });
    expect(refusal({ by: "root" }).hint).toContain(`Blocked until ${iso(now + hour)} by an administrator`);
    const { by: _by, ...automatic } = block({ type: "csrf_failed", until: now + 60_000 });
    expect(blockRefusal(automatic, now)).toMatchObject({
      ...{ retryAfterMs: 60_000, hint: expect.stringContaining("for repeated offences, the last of them csrf_failed") },
    });
    expect(refusal({ until: now + 2 * hour }).retryAfterMs).toBe(hour);
    expect(refusal({}, now + 2 * hour).retryAfterMs).toBe(1);
  });
});

describe("automatic blocks", () => {
  const offend = (blocks: ReturnType<typeof createAutomaticBlocks>, place: string, times: number) => {
    let found: Block | undefined;
    for (let n = 0; n < times; n += 1) found = blocks.offend(place, "csrf_failed") ?? found;
    return found;
  };

  it("forget what is ten minutes old, counted from the first offence", () => {
    const clock = createFakeClock(now);
    const blocks = createAutomaticBlocks(clock);
    expect(offend(blocks, "user:a", 30)).toBeUndefined();
    clock.advance(599_999);
    expect(offend(blocks, "user:a", 1)).toMatchObject({ since: now + 599_999, until: now + 659_999, times: 1 });
    expect(offend(blocks, "user:b", 30)).toBeUndefined();
    clock.advance(600_000);
    expect(offend(blocks, "user:b", 30)).toBeUndefined();
    expect(offend(blocks, "user:b", 1)).toBeDefined();
  });

  it("weigh no offence while one is in force", () => {
    const clock = createFakeClock(now);
    const blocks = createAutomaticBlocks(clock);
    offend(blocks, "user:a", 31);
    expect(offend(blocks, "user:a", 100)).toBeUndefined();
    clock.advance(60_000);
    expect(offend(blocks, "user:a", 30)).toBeUndefined();
    expect(offend(blocks, "user:a", 1)).toMatchObject({ times: 2, until: now + 60_000 + 300_000 });
  });

  it("leave guests alone for exactly as long as the last one lasted, and users not at all", () => {
    const clock = createFakeClock(now);
    const blocks = createAutomaticBlocks(clock);
    const guests = guestSubject("203.0.113.1");
    offend(blocks, guests, 31);
    clock.advance(60_000);
    expect(offend(blocks, guests, 100)).toBeUndefined();
    clock.advance(59_999);
    expect(offend(blocks, guests, 100)).toBeUndefined();
    clock.advance(1);
    expect(offend(blocks, guests, 31)).toMatchObject({ times: 2, until: now + 180_000 });
  });

  it("start again with the first duration an hour after the end of the last block", () => {
    for (const [quietMs, times] of [
      [hour - 1, 2],
      [hour, 1],
    ] as const) {
      const clock = createFakeClock(now);
      const blocks = createAutomaticBlocks(clock);
      offend(blocks, "user:a", 31);
      clock.advance(60_000 + quietMs);
      expect(offend(blocks, "user:a", 31)).toMatchObject({ times });
    }
  });

  it("of another node start now, last no longer than their own duration, and count as one in a row", () => {
    const clock = createFakeClock(now);
    const blocks = createAutomaticBlocks(clock);
    offend(blocks, "user:a", 30);
    blocks.learn({ place: "user:a", since: now - 10_000, until: now + 50_000, type: "csrf_failed", times: 3 });
    clock.advance(49_999);
    expect(blocks.of("user:a")).toMatchObject({ times: 3 });
    clock.advance(1);
    expect(blocks.of("user:a")).toBeUndefined();
    expect(offend(blocks, "user:a", 30)).toBeUndefined();
    expect(offend(blocks, "user:a", 1)).toMatchObject({ times: 4 });
  });

  it("show their times as they were where the clocks drift apart by less than a second", () => {
    const clock = createFakeClock(now);
    const blocks = createAutomaticBlocks(clock);
    offend(blocks, "user:a", 31);
    clock.setNow(clock.now() + 999);
    expect(blocks.of("user:a")).toMatchObject({ since: now, until: now + 60_000 });
    clock.setNow(clock.now() + 1);
    expect(blocks.of("user:a")).toMatchObject({ since: now + 1000, until: now + 61_000 });
    clock.setNow(now - 1000);
    expect(blocks.of("user:a")).toMatchObject({ since: now - 1000 });
  });

  it("that are lifted start again with no offences", () => {
    const blocks = createAutomaticBlocks(createFakeClock(now));
    offend(blocks, "user:a", 30);
    expect(blocks.lift("user:a")).toBe(false);
    expect(offend(blocks, "user:a", 30)).toBeUndefined();
    expect(offend(blocks, "user:a", 1)).toMatchObject({ times: 1 });
  });
});
