import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnosis.ts";
import { backoffMs } from "../../src/recovery/backoff.ts";
import { decideRetry, defaultRetrySettings } from "../../src/recovery/retry-policy.ts";
import { createTransportPlan } from "../../src/recovery/transport-plan.ts";

const limits = { baseMs: 1000, maxMs: 5000 };

describe("backoff", () => {
  const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("lies between nothing and what the trouble has lasted plus the base, and never above the longest", () => {
    fc.assert(
      fc.property(fc.integer({ min: -5000, max: 100_000 }), anyRandom, (lastedMs, random) => {
        const delay = backoffMs(lastedMs, limits, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(Math.min(limits.maxMs, limits.baseMs + Math.max(0, lastedMs)));
      }),
    );
  });
  it("is spread evenly over all of that: half the dice give half the delay, and the least gives none", () => {
    const spread = [0, 0.25, 0.5, 0.75].map((random) => backoffMs(1000, limits, random));
    expect(spread).toEqual([0, 500, 1000, 1500]);
    expect(backoffMs(60_000, limits, 0.5)).toBe(2500);
  });
  it("keeps no client waiting, once the server is back, for longer than it was away plus the base", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.array(anyRandom, { minLength: 1 }), (awayMs, dice) => {
        let at = 0;
        for (let throws = 0; at < awayMs; throws += 1) at += 1 + backoffMs(at, limits, dice[throws % dice.length] ?? 0);
        expect(at - awayMs).toBeLessThanOrEqual(Math.min(limits.maxMs, limits.baseMs + awayMs));
      }),
    );
  });
  it("grows with the time until the longest delay", () => {
    const almostOne = 1 - Number.EPSILON;
    expect([0, 500, 1000, 4000, 60_000].map((lastedMs) => backoffMs(lastedMs, limits, almostOne))).toEqual([
      999, 1499, 1999, 4999, 4999,
    ]);
  });
});

describe("after a failure the client", () => {
  const decide = (code: Parameters<typeof diagnose>[0], failures = 0, more = {}, settings = {}) => {
    const trouble = { failures, lastedMs: failures * 300 };
    return decideRetry(diagnose(code, more), trouble, { ...defaultRetrySettings, ...settings }, 0.5);
  };

  it.each(["origin_refused", "not_signed_in", "session_ended", "forbidden"] as const)(
    "waits for a change: %s",
    (code) => {
      expect(decide(code)).toEqual({ kind: "watch" });
    },
  );
  it("sends nothing while offline", () => {
    expect(decide("network_offline")).toEqual({ kind: "offline" });
  });
  it("tries again with backoff when the server is down", () => {
    expect(decide("server_down", 2)).toEqual({ kind: "retry", delayMs: 800 });
  });
  it.each(["rate_limited", "too_many_connections", "server_full", "server_restarting"] as const)(
    "obeys the time that the server names, and is spread behind it: %s",
    (code) => {
      expect(decide(code, 7, { retryAfterMs: 30_000 })).toEqual({ kind: "retry", delayMs: 30_500 });
    },
  );
  it.each([
    ["a server that is down, within the delay", {}, [0, 500, 999]],
    ["a server that named a time, behind it", { retryAfterMs: 30_000 }, [30_000, 30_500, 30_999]],
  ] as const)("spreads the clients of %s", (_which, more, delays) => {
    const trouble = { failures: 0, lastedMs: 0 };
    const decisions = [0, 0.5, 0.9999].map((random) =>
      decideRetry(diagnose("server_restarting", more), trouble, defaultRetrySettings, random),
    );
    expect(decisions).toEqual(delays.map((delayMs) => ({ kind: "retry", delayMs })));
  });
  it("spreads clients behind a named time by the base delay, however long the trouble has lasted", () => {
    const settings = { ...defaultRetrySettings, reconnection_delay_ms: 200, reconnection_delay_max_ms: 5000 };
    const decision = decideRetry(
      diagnose("server_full", { retryAfterMs: 100 }),
      { failures: 9, lastedMs: 60_000 },
      settings,
      0.5,
    );
    expect(decision).toEqual({ kind: "retry", delayMs: 200 });
  });
  it("stops when the server's settings say so", () => {
    expect(decide("server_down", 3, {}, { reconnection_attempts: 3 })).toEqual({ kind: "stop" });
    expect(decide("server_down", 2, {}, { reconnection_attempts: 3 }).kind).toBe("retry");
    expect(decide("connection_lost", 0, {}, { reconnection: false })).toEqual({ kind: "stop" });
  });
});

describe("the choice of transports", () => {
  const both = ["polling", "websocket"];
  const start = () => {
    let now = 0;
    return { plan: createTransportPlan({ now: () => now }), pass: (ms: number) => (now += ms) };
  };

  it("is the server's until WebSocket fails, then polling, then the server's again", () => {
    const { plan, pass } = start();
    expect(plan.choose(both)).toEqual(both);
    plan.blocked();
    expect(plan.choose(both)).toEqual(["polling"]);
    expect(plan.retryInMs()).toBe(60_000);
    pass(60_000);
    expect(plan.choose(both)).toEqual(both);
  });
  it("waits twice as long after each failure, ten minutes at most", () => {
    const { plan } = start();
    const waits = Array.from({ length: 6 }, () => {
      plan.blocked();
      return plan.retryInMs();
    });
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });
  it("gives WebSocket up after two early deaths in a row, not after one", () => {
    const { plan } = start();
    plan.lostAfter(50);
    plan.lostAfter(60_000);
    plan.lostAfter(50);
    expect(plan.choose(both)).toEqual(both);
    plan.lostAfter(50);
    expect(plan.choose(both)).toEqual(["polling"]);
  });
  it("is tried again when its time has come, and counts anew once it has worked", () => {
    const { plan, pass } = start();
    expect(plan.retryInMs()).toBe(null);
    plan.blocked();
    pass(59_999);
    expect(plan.retryInMs()).toBe(1);
    expect(plan.choose(both)).toEqual(["polling"]);
    pass(2);
    expect(plan.retryInMs()).toBe(0);
    plan.blocked();
    plan.worked();
    expect(plan.retryInMs()).toBe(null);
    expect(plan.choose(both)).toEqual(both);
    plan.blocked();
    expect(plan.retryInMs()).toBe(60_000);
  });
  it("counts a death as early within ten seconds, and counts anew after it has given up", () => {
    const { plan, pass } = start();
    plan.lostAfter(10_000);
    plan.lostAfter(9_999);
    expect(plan.choose(both)).toEqual(both);
    plan.lostAfter(9_999);
    expect(plan.choose(both)).toEqual(["polling"]);
    pass(60_000);
    plan.lostAfter(50);
    expect(plan.choose(both)).toEqual(both);
  });
  it("keeps to WebSocket where nothing else is offered", () => {
    const { plan } = start();
    plan.blocked();
    expect(plan.choose(["websocket"])).toEqual(["websocket"]);
  });
});
