/** How notifications are stored, read and escalated, with stores and a clock that the test controls. */
import type { Notice } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { kindOf, readerOf, storedAudience, toldAudience, userAudience } from "../../src/core/audience.ts";
import type {
  DueEscalation,
  EscalationStore,
  NotificationStore,
  Principal,
  StoredNotice,
} from "../../src/core/ports.ts";
import { createEscalations, type OnUnacknowledged } from "../../src/notifications/escalations.ts";
import { trackStoreHealth } from "../../src/notifications/health-tracked-store.ts";
import { createNotifications } from "../../src/notifications/notification-service.ts";
import { createDependencyHealth } from "../../src/observability/dependency-health.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { createTestLog } from "../security-log/fixture.ts";

const now = Date.UTC(2026, 0, 1);
const iso = (at: number) => new Date(at).toISOString();
const day = 86_400_000;
const turn = async () => {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};
const as = (userId: string, role: Principal["role"] = "user") =>
  ({ userId, role, session: null }) as unknown as Principal;
const notice = (more: Partial<Notice> = {}): Notice => ({ type: "t", title: "T", ...more });

describe("an audience", () => {
  it.each([
    ["everyone", "everyone", "everyone"],
    [{ user_id: "a:b" }, "user:a:b", "user"],
    [{ role: "user" }, "role:user", "role"],
    [{ role: "admin" }, "role:admin", "role"],
  ] as const)("%o is stored as a text and told as it was", (audience, stored, kind) => {
    expect(storedAudience(audience)).toBe(stored);
    expect(toldAudience(stored)).toEqual(audience);
    expect(kindOf(audience)).toBe(kind);
  });

  it("of a room is of its own kind", () => expect(kindOf({ room_id: "r" })).toBe("room"));

  it("of a reader is everyone, they themselves, and the roles that they have at least", () => {
    const audiencesOf = (role: Principal["role"]) => [...readerOf(as("ada", role), now).audiences].sort();
    expect(audiencesOf("guest")).toEqual(["everyone", "user:ada"]);
    expect(audiencesOf("user")).toEqual(["everyone", "role:user", "user:ada"]);
    expect(audiencesOf("admin")).toEqual(["everyone", "role:admin", "role:user", "user:ada"]);
    expect(readerOf(as("ada"), now)).toMatchObject({ userId: "ada", now: iso(now) });
    expect(userAudience("x")).toBe("user:x");
  });
});

describe("notifications", () => {
  function start({
    members = [] as string[],
    escalateAfterMs = undefined as number | undefined,
    maxBytes = 100_000,
  } = {}) {
    const clock = createFakeClock(now);
    const store = createMemoryStore().notifications;
    const appended: (readonly StoredNotice[])[] = [];
    const forgotten: string[] = [];
    const counted: [string, string, number][] = [];
    const told: unknown[] = [];
    const advanced: string[] = [];
    const watched: NotificationStore = {
      ...store,
      async append(notices) {
        appended.push(notices);
        await store.append(notices);
      },
      async forget(at) {
        forgotten.push(at);
        throw new Error("down");
      },
    };
    const notifications = createNotifications({
      ...{ store: watched, clock, escalateAfterMs, maxBytes },
      membersOf: (room) => new Set(room === "r" ? members : []),
      count: (...counts) => void counted.push(counts),
      onStored: (userIds) => void told.push(userIds),
      onAdvanced: (userId) => void advanced.push(userId),
    });
    onTestFinished(notifications.close);
    return { advanced, appended, clock, counted, forgotten, notifications, notify: notifications.notify, store, told };
  }
  const ada = { principal: as("ada") };

  it("are stored for their audience, counted, and announced to every user whom they may concern", async () => {
    const { appended, counted, notify, told } = start({ members: ["ada", "bob"] });
    await notify.user("ada", notice());
    await notify.role("admin", notice({ priority: "high" }));
    await notify.everyone(notice());
    const id = await notify.room("r", notice({ priority: "low" }));
    await notify.room("empty", notice());
    expect(appended.map((batch) => batch.map(({ audience }) => audience))).toEqual([
      ...[["user:ada"], ["role:admin"], ["everyone"]],
      ["user:ada", "user:bob"],
    ]);
    expect(counted).toEqual([
      ["user", "normal", 1],
      ["role", "high", 1],
      ["everyone", "normal", 1],
      ["room", "low", 2],
    ]);
    expect(told).toEqual([["ada"], "anybody", "anybody", ["ada", "bob"]]);
    expect(new Set(appended.at(-1)?.map((each) => each.notice.id))).toEqual(new Set([id]));
  });

  it("for a room are stored 500 at a time", async () => {
    const { appended, counted, notify, told } = start({ members: Array.from({ length: 1001 }, (_, n) => `u${n}`) });
    await notify.room("r", notice());
    expect(appended.map(({ length }) => length)).toEqual([500, 500, 1]);
    expect(counted.map(([, , count]) => count)).toEqual([500, 500, 1]);
    expect((told as string[][]).map(({ length }) => length)).toEqual([500, 500, 1]);
  });

  it("have the given fields, a time, and an expiry after thirty days unless another was given", async () => {
    const { appended, notify } = start();
    await notify.user("ada", notice());
    const whole = { link: "https://a.test/", data: { n: 1 }, expires_at: "2026-02-01T00:00:00+01:00", body: "B" };
    await notify.user("ada", notice({ ...whole, requires_ack: true }));
    const [[plain] = [], [full] = []] = appended;
    expect(plain?.notice).toMatchObject({ created_at: iso(now), expires_at: iso(now + 30 * day) });
    expect(plain?.notice).not.toHaveProperty("link");
    expect(plain?.notice).not.toHaveProperty("data");
    expect(full?.notice).toMatchObject({
      ...{ type: "t", title: "T", body: "B", link: "https://a.test/", data: { n: 1 }, requires_ack: true },
      expires_at: "2026-01-31T23:00:00.000Z",
    });
  });

  it("of priority critical are escalated after the time that was set, no others, and none without it", async () => {
    const { appended, notify } = start({ escalateAfterMs: 60_000 });
    await notify.user("ada", notice({ priority: "critical" }));
    await notify.user("ada", notice({ priority: "high" }));
    const never = start();
    await never.notify.user("ada", notice({ priority: "critical" }));
    expect(appended.map(([first]) => first?.escalate_at)).toEqual([iso(now + 60_000), undefined]);
    expect(never.appended[0]?.[0]).not.toHaveProperty("escalate_at");
  });

  it("that do not fit their schema are refused, and not stored", async () => {
    const { appended, notify } = start();
    await expect(notify.user("ada", notice({ title: "" }))).rejects.toMatchObject({ code: "payload_invalid" });
    expect(appended).toEqual([]);
  });

  it("are read from a number on, a hundred at a time, and no more bytes than an answer may have", async () => {
    const { notifications, notify } = start({ maxBytes: 2000 });
    for (let n = 0; n < 120; n += 1) await notify.user("ada", notice({ title: `n ${n}` }));
    const page = await notifications.sync(ada, { after: 0 });
    expect(page.unread).toBe(120);
    expect(page.notifications.length).toBeGreaterThan(1);
    expect(JSON.stringify(page.notifications).length).toBeLessThan(2500);
    const whole = start();
    for (let n = 0; n < 120; n += 1) await whole.notify.user("ada", notice());
    expect((await whole.notifications.sync(ada, { after: 0 })).notifications).toHaveLength(100);
    expect((await whole.notifications.sync(ada, { after: 0, limit: 3 })).notifications).toHaveLength(3);
    const rest = await whole.notifications.sync(ada, { after: page.notifications[0]?.seq ?? 0, limit: 200 });
    expect(rest.notifications.length).toBeLessThan(120);
  });

  it("are acknowledged and read up to a number, and not beyond the latest", async () => {
    const { advanced, notifications, notify } = start();
    for (let n = 0; n < 3; n += 1) await notify.user("ada", notice());
    const { latest_seq, notifications: all } = await notifications.sync(ada, { after: 0 });
    expect(await notifications.advance(ada, "read", all[0]?.seq ?? 0)).toEqual({ unread: 2 });
    expect(await notifications.advance(ada, "read", 1_000_000)).toEqual({ unread: 0 });
    expect(advanced).toEqual(["ada", "ada"]);
    await notify.user("ada", notice());
    expect((await notifications.sync(ada, { after: latest_seq })).unread).toBe(1);
  });

  it("that were read for an administrator are not answered to one who was demoted meanwhile", async () => {
    const { notifications } = start();
    const actor = { principal: as("root", "admin") };
    const reading = [notifications.sync(actor, { after: 0 }), notifications.advance(actor, "read", 1)];
    actor.principal = as("root");
    for (const each of reading) await expect(each).rejects.toMatchObject({ code: "forbidden" });
  });

  it("are forgotten every ten minutes, also where that failed before, until they are closed", async () => {
    const { clock, forgotten, notifications } = start();
    clock.advance(599_999);
    expect(forgotten).toEqual([]);
    clock.advance(1);
    await turn();
    clock.advance(600_000);
    await turn();
    expect(forgotten).toEqual([iso(now + 600_000), iso(now + 1_200_000)]);
    notifications.close();
    clock.advance(600_000);
    expect(forgotten).toHaveLength(2);
  });
});

describe("escalations", () => {
  const due = (serial: number, more: Partial<DueEscalation> = {}) =>
    ({ serial, tries: 1, audience: "user:ada", notice: { id: `n${serial}` }, ...more }) as unknown as DueEscalation;

  function start(onUnacknowledged: OnUnacknowledged, acknowledged: readonly string[] = []) {
    const clock = createFakeClock(now);
    const calls: unknown[] = [];
    const outcomes: string[] = [];
    const queue: DueEscalation[][] = [];
    let failing = false;
    const store: EscalationStore = {
      async claim(lease) {
        calls.push(["claim", lease]);
        if (failing) throw new Error("down");
        return queue.shift() ?? [];
      },
      async settle(serial) {
        calls.push(["settle", serial]);
      },
      async postpone(serial, until) {
        calls.push(["postpone", serial, until]);
        if (failing) throw new Error("down");
      },
      hasAcknowledged: async (userId, serial) => acknowledged.includes(`${userId} ${serial}`),
    };
    const begun: Promise<void>[] = [];
    const log = createTestLog();
    const stop = createEscalations({
      ...{ store, clock, log, onUnacknowledged },
      onOutcome: (outcome) => void outcomes.push(outcome),
      onBegun: (escalation) => void begun.push(escalation),
    });
    onTestFinished(stop);
    const fail = (fails: boolean): void => {
      failing = fails;
    };
    return { begun, calls, clock, fail, log, outcomes, queue, stop };
  }
  const claims = (calls: readonly unknown[]) => calls.filter((call) => (call as unknown[])[0] === "claim");

  it("are claimed every second, a hundred at a time, for thirty seconds, until they are stopped", async () => {
    const { calls, clock, fail, stop } = start(() => {});
    clock.advance(999);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual([["claim", { now: iso(now + 1000), until: iso(now + 31_000), limit: 100 }]]);
    fail(true);
    await turn();
    clock.advance(1000);
    await turn();
    fail(false);
    clock.advance(1000);
    await turn();
    expect(claims(calls)).toHaveLength(3);
    stop();
    clock.advance(5000);
    expect(claims(calls)).toHaveLength(3);
  });

  it("are not claimed again while a claim is on its way", async () => {
    const { calls, clock } = start(() => {});
    clock.advance(3000);
    expect(claims(calls)).toHaveLength(1);
    await turn();
    clock.advance(1000);
    expect(claims(calls)).toHaveLength(2);
  });

  it("call the application and are then settled, each on its own", async () => {
    const told: unknown[] = [];
    const { begun, calls, clock, outcomes, queue } = start(
      ({ audience, notice: { id } }) => void told.push([audience, id]),
    );
    queue.push([due(1), due(2, { audience: "everyone" }), due(3, { audience: "role:admin" })]);
    clock.advance(1000);
    await turn();
    await Promise.all(begun);
    expect(told).toEqual([
      ["everyone", "n2"],
      [{ role: "admin" }, "n3"],
      [{ user_id: "ada" }, "n1"],
    ]);
    expect(outcomes).toEqual(["told", "told", "told"]);
    expect(calls.slice(1).map((call) => (call as unknown[])[1])).toEqual(expect.arrayContaining([1, 2, 3]));
  });

  it("of a user who has acknowledged are settled without a call, and those of a role check each user", async () => {
    const asked: boolean[] = [];
    const { begun, calls, clock, outcomes, queue } = start(
      async ({ hasAcknowledged }) => {
        asked.push(await hasAcknowledged("bob"), await hasAcknowledged("eve"));
      },
      ["ada 1", "bob 2"],
    );
    queue.push([due(1), due(2, { audience: "role:user" })]);
    clock.advance(1000);
    await turn();
    await Promise.all(begun);
    expect(outcomes.sort()).toEqual(["acknowledged", "told"]);
    expect(asked).toEqual([true, false]);
    expect(calls).toContainEqual(["settle", 1]);
  });

  it.each([
    [1, 5000],
    [2, 10_000],
    [7, 320_000],
    [8, 600_000],
    [50, 600_000],
  ])("that fail the %i. time are postponed by %i ms, and logged", async (tries, pauseMs) => {
    const { begun, calls, clock, log, outcomes, queue } = start(() => {
      throw new Error("no telephone");
    });
    queue.push([due(1, { tries })]);
    clock.advance(1000);
    await turn();
    await Promise.all(begun);
    expect(calls.at(-1)).toEqual(["postpone", 1, iso(now + 1000 + pauseMs)]);
    expect(outcomes).toEqual(["failed"]);
    expect(log.lines).toMatchObject([{ level: "error", fields: { notice_id: "n1", tries, retry_in_ms: pauseMs } }]);
  });

  it("that take longer than ten seconds have failed, and what they do later counts for nothing", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { begun, clock, fail, outcomes, queue } = start(() => promise);
    queue.push([due(1)]);
    clock.advance(1000);
    await turn();
    fail(true);
    clock.advance(9999);
    await turn();
    expect(outcomes).toEqual([]);
    clock.advance(1);
    await Promise.all(begun);
    expect(outcomes).toEqual(["failed"]);
    resolve();
    await turn();
    expect(outcomes).toEqual(["failed"]);
  });
});

it("each call of a watched store is seen by its health, and its outage refuses as unavailable for a second", async () => {
  const called: string[] = [];
  let failing = false;
  const answer = (name: string) => async () => {
    called.push(name);
    if (failing) throw new Error("down");
    return name;
  };
  const names = ["append", "read", "advance", "forget", "ofUser", "eraseUser"];
  const escalations = ["claim", "postpone", "settle", "hasAcknowledged"];
  const every = (list: readonly string[]) => Object.fromEntries(list.map((name) => [name, answer(name)]));
  const seen: string[] = [];
  const health = {
    ...createDependencyHealth({ name: "store", clock: createFakeClock(), log: createTestLog() }),
    answered: () => void seen.push("answered"),
    failed: (error: unknown) => void seen.push((error as Error).message),
  };
  const store = trackStoreHealth(
    { ...every(names), escalations: every(escalations) } as unknown as NotificationStore,
    health,
  );
  const calls = { ...store, ...store.escalations } as unknown as Record<string, () => Promise<unknown>>;
  for (const name of [...names, ...escalations]) expect(await calls[name]?.()).toBe(name);
  expect(called).toEqual([...names, ...escalations]);
  expect(seen).toEqual(Array(10).fill("answered"));
  failing = true;
  for (const name of [...names, ...escalations]) {
    await expect(calls[name]?.()).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1000 });
  }
  expect(seen.slice(10)).toEqual(Array(10).fill("down"));
});
