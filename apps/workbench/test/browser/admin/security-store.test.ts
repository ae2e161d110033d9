import type { SecurityEvent } from "@signalbox/protocol";
import { createMemoryStore } from "@signalbox/server";
import { expect, test } from "vitest";
import type { Section } from "../../../browser/src/admin/feed.ts";
import { openSecurity } from "../../../browser/src/admin/security-store.ts";
import { runDashboard } from "./dashboard-fixture.ts";

/** The number orders it in time. */
const line = (number: number, fields: Partial<SecurityEvent> = {}): SecurityEvent => ({
  id: `line-${String(number).padStart(4, "0")}`,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
  ...{ type: "room_denied", severity: "medium", ip: "203.0.113.7", detail: `line ${number}`, count: 1 },
  ...fields,
});

const lines = (from: number, to: number): SecurityEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index));

async function open(stored: readonly SecurityEvent[]) {
  const store = createMemoryStore();
  await store.securityEvents.put(stored);
  const dashboard = await runDashboard({ store });
  const security = openSecurity(dashboard.section);
  await expect.poll(() => security.state.get().phase).toBe("ready");
  const numbers = () => security.state.get().lines.map(({ id }) => Number(id.slice(5)));
  return { ...dashboard, ...security, store, numbers };
}

const down = (from: number, to: number): number[] => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test("a line that is folded comes again: its count grows, its position stays, and an older count is ignored", async () => {
  const { state, sendBatch, numbers } = await open(lines(1, 3));
  const counts = () => state.get().lines.map(({ count }) => count);
  sendBatch({ security_events: [line(2, { count: 7 })] });
  await expect.poll(counts).toEqual([1, 7, 1]);
  sendBatch({ security_events: [line(2, { count: 6 }), line(4)] });
  await expect.poll(counts).toEqual([1, 1, 7, 1]);
  expect(numbers()).toEqual([4, 3, 2, 1]);
});

test("older lines follow without a gap, and what folds among them comes with them", async () => {
  const { state, sendBatch, readOlder, numbers } = await open(lines(1, 250));
  expect(numbers()).toEqual(down(250, 151));
  sendBatch({ security_events: [line(100, { count: 3 }), line(251)] });
  await expect.poll(numbers).toEqual(down(251, 151));
  readOlder();
  await expect.poll(numbers).toEqual(down(251, 51));
  expect(state.get().hasOlder).toBe(true);
  readOlder();
  await expect.poll(numbers).toEqual(down(251, 1));
  expect(state.get().hasOlder).toBe(false);
});

test("a reader further down keeps the position: new lines wait above, counts are kept up to date", async () => {
  const { state, sendBatch, setReading, numbers } = await open(lines(1, 3));
  setReading(true);
  sendBatch({ security_events: [line(4), line(5), line(1, { count: 2 })] });
  await expect.poll(() => state.get().held).toBe(2);
  expect(numbers()).toEqual([3, 2, 1]);
  expect(state.get().lines.at(-1)?.count).toBe(2);
  setReading(false);
  expect(numbers()).toEqual([5, 4, 3, 2, 1]);
  expect(state.get().held).toBe(0);
});

test("after a short absence nothing is missing, after a long one no gap is hidden", async () => {
  const { interrupt, store, readOlder, numbers } = await open(lines(1, 50));
  const isBack = await interrupt();
  await store.securityEvents.put(lines(51, 60));
  isBack();
  await expect.poll(numbers).toEqual(down(60, 1));
  const isBackAgain = await interrupt();
  await store.securityEvents.put(lines(61, 300));
  isBackAgain();
  await expect.poll(numbers).toEqual(down(300, 201));
  readOlder();
  await expect.poll(numbers).toEqual(down(300, 101));
});

test("a line that arrives while a page is read does not hide a gap before it", async () => {
  const store = createMemoryStore();
  await store.securityEvents.put(lines(1, 50));
  const { section, sendBatch, interrupt } = await runDashboard({ store });
  let isSlow = false;
  const asked: (() => void)[] = [];
  const slowSection: Section = {
    ...section,
    async request(event, payload) {
      if (isSlow) await new Promise<void>((resolve) => asked.push(resolve));
      return section.request(event, payload);
    },
  };
  const { state } = openSecurity(slowSection);
  const numbers = () => state.get().lines.map(({ id }) => Number(id.slice(5)));
  await expect.poll(numbers).toEqual(down(50, 1));
  isSlow = true;
  const isBack = await interrupt();
  await store.securityEvents.put(lines(51, 300));
  isBack();
  await expect.poll(() => asked).toHaveLength(1);
  sendBatch({ security_events: [line(300)] });
  await expect.poll(() => numbers()[0]).toBe(300);
  for (const answer of asked) answer();
  await expect.poll(numbers).toEqual(down(300, 201));
});

test("filters hold for lines that are read and for lines that arrive live", async () => {
  const high = (number: number) => line(number, { severity: "high", user_id: "mallory" });
  const { state, narrow, sendBatch, numbers } = await open([...lines(1, 3), high(4)]);
  narrow({ severity: "high" });
  narrow({ user_id: "mallory" });
  await expect.poll(numbers).toEqual([4]);
  sendBatch({ security_events: [line(5), line(6, { severity: "high" }), high(7)] });
  await expect.poll(numbers).toEqual([7, 4]);
  narrow({ severity: undefined, user_id: undefined, filter: "LINE 2" });
  await expect.poll(numbers).toEqual([2]);
  sendBatch({ security_events: [line(8), line(9, { detail: "line 2 again" })] });
  await expect.poll(numbers).toEqual([9, 2]);
  narrow({ type: "banned" });
  await expect.poll(() => state.get().phase).toBe("ready");
  expect(numbers()).toEqual([]);
});
