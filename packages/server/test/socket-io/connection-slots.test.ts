/** How many connections a user or an address may have, on one node and over all nodes, and budgets that nodes share. */
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createRateLimits } from "../../src/limits/rate-limits.ts";
import { createWindowLimit } from "../../src/limits/window-limit.ts";
import { slotKey, takeConnectionSlot } from "../../src/socket-io/namespaces/connection-slots.ts";
import type { RealtimeSocket } from "../../src/socket-io/socket.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

const limit = { cap: 2, setting: "SIGNALBOX_MAX" };

function namespace(open: number) {
  const rooms = new Map([["user:a", new Set(Array.from({ length: open }, (_, n) => String(n)))]]);
  const joined: string[][] = [];
  const nsp = { name: "/admin", adapter: { rooms } };
  return { joined, socket: { nsp, join: (names: string[]) => void joined.push(names) } as unknown as RealtimeSocket };
}

describe("a connection", () => {
  it("is let in below the cap, and joins the room that counts it with all others", () => {
    for (const [open, place] of [
      [1, "user:a"],
      [2, "user:b"],
    ] as const) {
      const { socket, joined } = namespace(open);
      void takeConnectionSlot(socket, place, limit, ["r1", "r2"]);
      expect(joined).toEqual([[place, "r1", "r2"]]);
    }
  });

  it("is refused at the cap with the setting, and may come back after ten seconds", () => {
    const { socket, joined } = namespace(2);
    expect(() => takeConnectionSlot(socket, "user:a", limit, [])).toThrow(
      expect.objectContaining({ code: "too_many_connections", retryAfterMs: 10_000, hint: "SIGNALBOX_MAX is 2." }),
    );
    expect(joined).toEqual([]);
  });

  const slots = (taken: boolean | undefined) => {
    const asked: [string, number][] = [];
    const take = async (seat: string, cap: number) => {
      asked.push([seat, cap]);
      return taken;
    };
    return { asked, take } as { asked: [string, number][]; take: (seat: string, cap: number) => Promise<never> };
  };

  it("takes one of the slots of all nodes, whatever number is open on this node", async () => {
    const { socket, joined } = namespace(2);
    const { asked, take } = slots(true);
    await takeConnectionSlot(socket, "user:a", limit, ["r1"], { take });
    expect(asked).toEqual([[slotKey("/admin", "user:a"), 2]]);
    expect(joined).toEqual([["user:a", "r1"]]);
    expect(slotKey("/admin", "user:a")).not.toBe(slotKey("/", "user:a"));
  });

  it("is refused where all slots are taken, and may retry after a second", async () => {
    const { socket, joined } = namespace(0);
    await expect(takeConnectionSlot(socket, "user:a", limit, [], slots(false))).rejects.toMatchObject({
      ...{ code: "too_many_connections", retryAfterMs: 1000 },
    });
    expect(joined).toEqual([]);
  });

  it("is counted on this node where the slots of all nodes are unavailable", async () => {
    const [free, full] = [namespace(1), namespace(2)];
    await takeConnectionSlot(free.socket, "user:a", limit, [], slots(undefined));
    expect(free.joined).toEqual([["user:a"]]);
    await expect(takeConnectionSlot(full.socket, "user:a", limit, [], slots(undefined))).rejects.toMatchObject({
      retryAfterMs: 10_000,
    });
  });
});

describe("rate limits over several nodes", () => {
  function start(env: Record<string, string> = {}) {
    const clock = createFakeClock();
    const budgets: [string, number, number][] = [];
    const asked: [string, string, number][] = [];
    const cluster = {
      budget(name: string, points: number, seconds: number) {
        budgets.push([name, points, seconds]);
        return async (key: string, count: number) => {
          asked.push([name, key, count]);
          return 0;
        };
      },
    };
    const limits = createRateLimits(
      loadConfig({ SIGNALBOX_MESSAGE_BURST: "20", SIGNALBOX_MESSAGE_RATE: "10", ...env }).config,
      clock,
      cluster,
    );
    return { asked, budgets, clock, limits };
  }

  it("share a budget for each kind: connections of a minute, and messages of as long as a burst lasts", () => {
    const { budgets } = start({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "7", SIGNALBOX_CONNECT_RATE_PER_USER: "5" });
    expect(budgets).toEqual([
      ["address", 7, 60],
      ["user", 5, 60],
      ["message", 20, 2],
    ]);
  });

  it("ask for each connection at once, and for messages with the next tick, until they are closed", async () => {
    const { asked, clock, limits } = start();
    await limits.connectFromAddress("2001:db8:1:2::1");
    await limits.connectAsUser("user:a");
    expect(asked).toEqual([
      ["address", "2001:db8:1:2::/64", 1],
      ["user", "user:a", 1],
    ]);
    limits.message("user:a");
    expect(asked).toHaveLength(2);
    clock.advance(100);
    expect(asked.at(-1)).toEqual(["message", "user:a", 1]);
    limits.message("user:a");
    limits.close();
    clock.advance(100);
    expect(asked).toHaveLength(3);
  });

  it("refuse by the own budget without asking", async () => {
    const { asked, limits } = start({ SIGNALBOX_CONNECT_RATE_PER_USER: "1" });
    await limits.connectAsUser("user:a");
    await expect(limits.connectAsUser("user:a")).rejects.toMatchObject({ code: "rate_limited" });
    expect(asked).toHaveLength(1);
  });

  it("are none where rate limiting is off, nor does closing them fail where there is one node", () => {
    const { budgets, limits } = start({ SOCKETIO_RATE_LIMITING: "false" });
    expect(budgets).toEqual([]);
    limits.message("user:a");
    limits.close();
    createRateLimits(loadConfig({}).config, createFakeClock()).close();
  });
});

describe("a budget of a window", () => {
  it("ends with the window that its first use began, to the millisecond, and always asks to wait at least 1 ms", () => {
    const clock = createFakeClock();
    const take = createWindowLimit({ points: 1, seconds: 2, settings: "S", clock });
    const waitMs = () => {
      try {
        take("a");
        return 0;
      } catch (error) {
        return (error as { retryAfterMs: number }).retryAfterMs;
      }
    };
    clock.advance(500);
    expect([waitMs(), waitMs()]).toEqual([0, 2000]);
    clock.advance(1999.5);
    expect(waitMs()).toBe(1);
    clock.advance(0.5);
    expect([waitMs(), waitMs()]).toEqual([0, 2000]);
  });
});
