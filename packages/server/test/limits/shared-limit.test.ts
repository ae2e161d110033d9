/** What a process takes from the budget that all processes share: at once, or batched with the other uses of a tick. */
import { describe, expect, it, onTestFinished } from "vitest";
import { settleLater, withShared } from "../../src/limits/shared-limit.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A shared budget that answers with the waiting times that the test has set. */
function start() {
  const clock = createFakeClock();
  const asked: [key: string, count: number][] = [];
  const taken: string[] = [];
  const waitMs = new Map<string, number>();
  const { take, close } = settleLater({
    ...{ clock, settings: "RATE", own: (key) => void taken.push(key) },
    async budget(key, count) {
      asked.push([key, count]);
      return waitMs.get(key) ?? 0;
    },
  });
  onTestFinished(close);
  return { clock, asked, taken, waitMs, take, close };
}

describe("a budget that is settled later", () => {
  it("is asked every 100 ms for what was used meanwhile, key by key", () => {
    const { clock, asked, taken, take } = start();
    for (const key of ["ada", "bob", "ada", "ada"]) take(key);
    expect(taken).toEqual(["ada", "bob", "ada", "ada"]);
    clock.advance(99);
    expect(asked).toEqual([]);
    clock.advance(1);
    expect(asked).toEqual([
      ["ada", 3],
      ["bob", 1],
    ]);
    clock.advance(100);
    expect(asked).toHaveLength(2);
    take("ada");
    clock.advance(100);
    expect(asked.at(-1)).toEqual(["ada", 1]);
  });

  it("refuses a key for as long as the shared budget says, without using or counting anything, and no other key", async () => {
    const { clock, asked, taken, waitMs, take } = start();
    waitMs.set("ada", 5000);
    take("ada");
    clock.advance(100);
    await turn();
    clock.advance(1000);
    const refusal = { code: "rate_limited", retryAfterMs: 4000, hint: "RATE, over all nodes." };
    expect(() => take("ada")).toThrow(expect.objectContaining(refusal));
    take("bob");
    expect(taken).toEqual(["ada", "bob"]);
    clock.advance(3999);
    expect(() => take("ada")).toThrow();
    waitMs.clear();
    clock.advance(1);
    take("ada");
    take("ada");
    expect(taken).toEqual(["ada", "bob", "ada", "ada"]);
    clock.advance(100);
    expect(asked).toEqual([
      ["ada", 1],
      ["bob", 1],
      ["ada", 2],
    ]);
  });

  it("counts nothing that the own budget has refused, and asks nothing once it is closed", () => {
    const clock = createFakeClock();
    const asked: string[] = [];
    const { take, close } = settleLater({
      ...{ clock, settings: "RATE" },
      own(key) {
        if (key === "mallory") throw new Error("own");
      },
      async budget(key) {
        asked.push(key);
        return 0;
      },
    });
    expect(() => take("mallory")).toThrow("own");
    clock.advance(100);
    take("ada");
    close();
    clock.advance(100);
    expect(asked).toEqual([]);
  });
});

describe("a budget that is shared at once", () => {
  const start = (waitMs: number) => {
    const asked: [string, number][] = [];
    const budget = async (key: string, count: number) => {
      asked.push([key, count]);
      return waitMs;
    };
    const own = (key: string): void => {
      if (key === "mallory") throw new Error("own");
    };
    return { asked, take: withShared(own, budget, "RATE") };
  };

  it("uses one where the shared budget has it, and nothing where the local one refuses", async () => {
    const { asked, take } = start(0);
    await take("ada");
    await expect(take("mallory")).rejects.toThrow("own");
    expect(asked).toEqual([["ada", 1]]);
  });

  it("refuses with the waiting time of the shared budget", async () => {
    const refusal = { code: "rate_limited", retryAfterMs: 1, hint: "RATE, over all nodes." };
    await expect(start(1).take("ada")).rejects.toMatchObject(refusal);
  });
});
