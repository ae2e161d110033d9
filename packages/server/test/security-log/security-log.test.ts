/** R6.5: violations are logged as security events; a flood is a few lines with exact counts. */
import { type SecurityEvent, securityEventTypes } from "@signalbox/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { createSecurityLog, type SecurityLog, type SecurityRecord } from "../../src/security-log/security-log.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/fake-clock.ts";
import { createFaultyStore, createTestLog, type FaultyStore } from "./fixture.ts";

const foldMs = 10_000;
const refused: SecurityRecord = { type: "origin_refused", ip: "192.0.2.1", detail: "The origin is not allowed." };

let clock: FakeClock;
let store: FaultyStore;
let log: ReturnType<typeof createTestLog>;
let published: SecurityEvent[];
let security: SecurityLog;
beforeEach(() => {
  clock = createFakeClock(Date.UTC(2026, 0, 1));
  store = createFaultyStore();
  log = createTestLog();
  published = [];
  security = createSecurityLog({ store, clock, log, foldMs, publish: (event) => published.push(event) });
});

const record = (changes: Partial<SecurityRecord> = {}): void => security.record({ ...refused, ...changes });

/** Every stored line, newest first. */
async function stored(): Promise<SecurityEvent[]> {
  await security.flush();
  const rows: SecurityEvent[] = [];
  let after: string | undefined;
  do {
    const page = await store.list({ limit: 500, after });
    rows.push(...page.rows);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return rows;
}

const sum = (rows: readonly SecurityEvent[]): number => rows.reduce((total, { count }) => total + count, 0);
const securityLines = (): object[] =>
  log.lines.flatMap(({ fields }) => ("security" in fields ? [fields.security as object] : []));

/** Lets pending promises and their continuations run. */
const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

describe("one event", () => {
  it("is published, logged and stored at once, as one complete line", async () => {
    record({
      origin: "https://evil.example",
      userId: "ada",
      namespace: "/",
      event: "join_task",
      code: "origin_refused",
    });
    expect(published).toEqual([
      {
        id: expect.any(String),
        at: "2026-01-01T00:00:00.000Z",
        severity: "medium",
        count: 1,
        type: "origin_refused",
        ip: "192.0.2.1",
        origin: "https://evil.example",
        user_id: "ada",
        namespace: "/",
        event: "join_task",
        code: "origin_refused",
        detail: "The origin is not allowed.",
      },
    ]);
    expect(securityLines()).toEqual(published);
    expect((await security.list({})).rows).toEqual(published);
    clock.advance(foldMs * 2);
    expect(published).toHaveLength(1);
  });
  it("has a severity for its type; what matters least to others is logged at info", () => {
    for (const type of securityEventTypes) record({ type });
    const severityOf = (type: string) => published.find((event) => event.type === type)?.severity;
    expect(severityOf("csrf_failed")).toBe("high");
    expect(severityOf("admin_denied")).toBe("high");
    expect(severityOf("auth_failed")).toBe("medium");
    expect(severityOf("event_unknown")).toBe("low");
    expect(severityOf("session_revoked")).toBe("info");
    for (const { level, fields } of log.lines) {
      const { severity } = (fields as { security: SecurityEvent }).security;
      expect(level).toBe(severity === "info" ? "info" : "warn");
    }
  });
  it("has an id that sorts by time, also when the count of digits grows", () => {
    clock = createFakeClock(36 ** 8 - 2);
    security = createSecurityLog({ store, clock, log, foldMs, publish: (event) => published.push(event) });
    for (let index = 0; index < 50; index += 1) {
      record({ ip: `192.0.2.${index}` });
      if (index % 10 === 0) clock.advance(1);
    }
    const ids = published.map(({ id }) => id);
    expect(new Set(ids).size).toBe(50);
    expect([...ids].sort()).toEqual(ids);
  });
  it("has no control characters and no endless text in it, whatever the client sent", () => {
    const hostile = `\r\n\u001b[31m\u202e","level":"info${"x".repeat(60_000)}`;
    record({ ip: hostile, origin: hostile, userId: hostile, namespace: hostile, event: hostile, detail: hostile });
    const [event] = published;
    for (const value of Object.values(event ?? {})) {
      expect(String(value)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(String(value).length).toBeLessThanOrEqual(1000);
    }
    expect(event?.event?.length).toBe(64);
    expect(event?.origin).toMatch(/^\\u000d\\u000a\\u001b\[31m\\u202e.*…$/);
  });
});

describe("equal events", () => {
  it("within the folding time are one line: shown when it begins, and with its exact count when it is closed", async () => {
    for (let index = 0; index < 5; index += 1) {
      record();
      clock.advance(1000);
    }
    expect(published.map(({ count }) => count)).toEqual([1]);
    clock.advance(foldMs);
    expect(published.map(({ count }) => count)).toEqual([1, 5]);
    expect(new Set(published.map(({ id }) => id)).size).toBe(1);
    expect(await stored()).toEqual([published[1]]);
    expect(securityLines()).toEqual(published);
  });
  it("begin a new line when the folding time of the first is over, to the millisecond", async () => {
    clock.advance(300);
    record();
    clock.advance(foldMs - 1);
    record();
    clock.advance(1);
    record();
    expect((await stored()).map(({ count }) => count)).toEqual([1, 2]);
  });
  it("are those of one type, address, user, namespace, event and code", async () => {
    const differences: Partial<SecurityRecord>[] = [
      {},
      { type: "auth_failed" },
      { ip: "192.0.2.2" },
      { userId: "ada" },
      { namespace: "/admin" },
      { event: "join_task" },
      { code: "forbidden" },
    ];
    for (const difference of differences) for (let index = 0; index < 3; index += 1) record(difference);
    expect((await stored()).map(({ count }) => count)).toEqual(differences.map(() => 3));
  });
  it("stay equal when the sender varies origin and text: the first is kept", async () => {
    for (let index = 0; index < 100; index += 1) record({ origin: `https://${index}.example`, detail: `No ${index}.` });
    expect(await stored()).toMatchObject([{ count: 100, origin: "https://0.example", detail: "No 0." }]);
  });
  it("stay equal where their event names differ only beyond what is kept", async () => {
    for (let index = 0; index < 100; index += 1) record({ type: "event_unknown", event: "e".repeat(500) + index });
    expect(await stored()).toMatchObject([{ count: 100 }]);
  });
});

describe("a flood", () => {
  const addressOf = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

  it.each([
    ["at once", 0],
    ["in a minute", 60_000],
    ["in a quarter of an hour", 900_000],
  ])(
    "of 100,000 refused handshakes from as many addresses %s makes at most 1,000 lines, whose counts add up",
    async (_name, duration) => {
      const total = 100_000;
      const perStep = 1000;
      for (let index = 0; index < total; index += 1) {
        record({ ip: addressOf(index) });
        if (index % perStep === perStep - 1) clock.advance((duration / total) * perStep);
      }
      const rows = await stored();
      expect(sum(rows)).toBe(total);
      expect(rows.length).toBeLessThanOrEqual(1000);
      expect(rows.length).toBeGreaterThan(200);
      expect(published.length).toBeLessThanOrEqual(2000);
      expect(security.counts().get("origin_refused")).toBe(total);
    },
  );
  it("shows the first 200 apart, and the rest as one line with the address *", async () => {
    for (let index = 0; index < 1000; index += 1) record({ ip: addressOf(index) });
    const rows = await stored();
    expect(rows).toHaveLength(201);
    expect(rows.filter(({ ip }) => ip === "*")).toMatchObject([{ type: "origin_refused", count: 800 }]);
    expect(rows.find(({ ip }) => ip === addressOf(199))).toMatchObject({ count: 1 });
  });
  it("still counts an address on its own line while that line is open", async () => {
    for (let index = 0; index < 300; index += 1) record({ ip: addressOf(index) });
    for (let index = 0; index < 50; index += 1) record({ ip: addressOf(7) });
    expect((await stored()).find(({ ip }) => ip === addressOf(7))).toMatchObject({ count: 51 });
  });
  it("of one type hides nothing of another", async () => {
    for (let index = 0; index < 10_000; index += 1) record({ ip: addressOf(index) });
    record({ type: "admin_denied", ip: "203.0.113.9", userId: "mallory" });
    expect(published.at(-1)).toMatchObject({ type: "admin_denied", ip: "203.0.113.9", user_id: "mallory" });
  });
  it("is over once its line covers few events: the next address has its own line again", () => {
    for (let index = 0; index < 202; index += 1) record({ ip: addressOf(index) });
    clock.advance(foldMs);
    record({ ip: "203.0.113.9" });
    expect(published.at(-1)).toMatchObject({ ip: "203.0.113.9" });
  });
  it("is over when nothing came for a while, however large it was", () => {
    for (let index = 0; index < 1000; index += 1) record({ ip: addressOf(index) });
    clock.advance(foldMs * 3);
    record({ ip: "203.0.113.9" });
    expect(published.at(-1)).toMatchObject({ ip: "203.0.113.9" });
  });
  it("reaches the store in few writes, one at a time", async () => {
    const release = store.hang();
    for (let index = 0; index < 150; index += 1) {
      record({ ip: addressOf(index) });
      await Promise.resolve();
    }
    release();
    expect(sum(await stored())).toBe(150);
    expect(store.mostAtOnce).toBe(1);
    expect(store.puts.length).toBeLessThanOrEqual(3);
  });
});

describe("an administrator's action", () => {
  const action = { ip: "192.0.2.7", userId: "root", namespace: "/admin", event: "cancel_task", detail: "Cancelled." };

  it("is never folded: each is a line of its own", async () => {
    for (let index = 0; index < 5; index += 1) await security.audit(action);
    const rows = await stored();
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatchObject({ type: "admin_action", severity: "info", count: 1 });
    expect(published).toHaveLength(5);
    expect(security.counts().get("admin_action")).toBe(5);
  });
  it("is acknowledged only when it is stored", async () => {
    const release = store.hang();
    let acknowledged = false;
    const audited = security.audit(action).then(() => {
      acknowledged = true;
    });
    await settle();
    expect(acknowledged).toBe(false);
    expect(published).toEqual([]);
    release();
    await audited;
    expect((await store.list({})).rows).toEqual(published);
  });
  it("rejects when it cannot be stored, and is neither shown nor counted", async () => {
    store.failing = true;
    await expect(security.audit(action)).rejects.toThrow("The disk is gone.");
    expect(published).toEqual([]);
    expect(security.counts().get("admin_action")).toBeUndefined();
  });
});

describe("a store that fails", () => {
  it("is complained of once per outage, tried again each second, and has every line in the end", async () => {
    store.failing = true;
    for (let index = 0; index < 30; index += 1) {
      record({ ip: `192.0.2.${index}` });
      clock.advance(1000);
      await settle();
    }
    const complaints = () => log.lines.filter(({ level }) => level === "error").length;
    expect(complaints()).toBe(1);
    expect(store.puts.length).toBeLessThanOrEqual(31);
    expect(store.puts.length).toBeGreaterThan(20);
    store.failing = false;
    clock.advance(1000);
    await settle();
    expect((await store.list({})).total).toBe(30);
    expect(log.lines.at(-1)).toMatchObject({ level: "info", fields: { given_up: 0 } });
    store.failing = true;
    record({ ip: "203.0.113.1" });
    await settle();
    expect(complaints()).toBe(2);
  });
  it("does not keep events from being shown, nor the latest 1,000 lines from being listed", async () => {
    store.failing = true;
    for (let index = 0; index < 1200; index += 1) {
      record({ ip: `2001:db8::${index.toString(16)}`, type: index % 2 === 0 ? "auth_failed" : "rate_limited" });
      clock.advance(foldMs / 100);
    }
    expect(published.length).toBe(1200);
    const page = await security.list({ limit: 2 });
    expect(page).toMatchObject({ total: 1000, rows: published.slice(-2).reverse() });
    expect((await security.list({ limit: 1, after: page.next ?? "" })).rows).toEqual(published.slice(-3, -2));
  });
  it("makes it keep a bounded number of lines, and say how many it gave up", async () => {
    store.failing = true;
    for (let index = 0; index < 6000; index += 1) {
      record({ ip: `2001:db8::${index.toString(16)}` });
      clock.advance(foldMs / 100);
      if (index % 1000 === 0) await settle();
    }
    store.failing = false;
    await security.flush();
    expect((await store.list({})).total).toBe(5000);
    expect(log.lines.at(-1)).toMatchObject({ fields: { given_up: 1000 } });
  });
  it("that hangs makes it keep a bounded number of lines as well", async () => {
    const release = store.hang();
    record({ ip: "2001:db8::1" });
    await settle();
    for (let index = 0; index < 5100; index += 1) {
      record({ ip: `2001:db8:1::${index.toString(16)}` });
      clock.advance(foldMs / 100);
    }
    release();
    await security.flush();
    expect((await store.list({})).total).toBe(5001);
    expect(store.mostAtOnce).toBe(1);
    expect(log.lines.at(-1)).toMatchObject({ fields: { given_up: 100 } });
  });
});

describe("closing", () => {
  it("stores the exact count of what is still being folded, and stops its timer", async () => {
    for (let index = 0; index < 42; index += 1) record();
    await security.close();
    expect((await store.list({})).rows).toMatchObject([{ count: 42 }]);
    record();
    record();
    clock.advance(foldMs * 2);
    expect(published.at(-1)).toMatchObject({ count: 1 });
  });
  it("tries a failing store once more, and then no longer", async () => {
    store.failing = true;
    record();
    await security.close();
    const puts = store.puts.length;
    clock.advance(foldMs * 2);
    await settle();
    expect(store.puts.length).toBe(puts);
  });
});
