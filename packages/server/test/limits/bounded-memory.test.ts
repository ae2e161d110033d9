/** Memory for keys that clients can choose stays bounded, whatever they send. */
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createAutomaticBlocks } from "../../src/limits/automatic-blocks.ts";
import { createRateLimits } from "../../src/limits/rate-limits.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

describe("memory", () => {
  it("of blocks stays bounded with a million subjects", () => {
    const blocks = createAutomaticBlocks(createFakeClock());
    for (let n = 0; n < 1_000_000; n += 1) blocks.offend(`user:${n}`, "csrf_failed");
    // The first subjects were dropped, and start with no offences.
    for (let n = 0; n < 30; n += 1) expect(blocks.offend("user:0", "csrf_failed")).toBeUndefined();
    expect(blocks.offend("user:0", "csrf_failed")).toBeDefined();
  });

  it("of a rate limit stays bounded under a flood of keys, which then share one budget instead of having none", () => {
    const clock = createFakeClock();
    const limits = createRateLimits(loadConfig({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "2" }).config, clock);
    const connect = (ip: string) => {
      try {
        void limits.connectFromAddress(ip);
        return "in";
      } catch {
        return "out";
      }
    };
    let passed = 0;
    for (let n = 0; n < 200_000; n += 1) if (connect(`key ${n}`) === "in") passed += 1;
    expect(passed).toBe(100_000 + 2);
    expect([connect("key 1"), connect("new")]).toEqual(["in", "out"]);
    clock.advance(61_000);
    expect(["a", "b", "c"].map(connect)).toEqual(["in", "in", "in"]);
  });
});
