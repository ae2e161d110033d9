/** Critical notifications without an acknowledgement, over real sockets on both transports. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Notice } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import type { OnUnacknowledged, UnacknowledgedNotice } from "../../src/notifications/escalations.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import {
  connectClient,
  createFakeClock,
  startTestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";

const alarm: Notice = { type: "test", title: "Alarm", priority: "critical" };
const afterMs = 300_000;

/** A server whose clock the test controls, and the notifications that it escalated to the application. */
async function start({ store = createMemoryStore(), answer = () => {} }: { store?: Store; answer?: OnUnacknowledged }) {
  const clock = createFakeClock(Date.now());
  const told: UnacknowledgedNotice[] = [];
  const onUnacknowledged: OnUnacknowledged = (unacknowledged) => {
    told.push(unacknowledged);
    return answer(unacknowledged);
  };
  const server = await startTestServer({ clock, store, roomAccess: () => true, notifications: { onUnacknowledged } });
  onTestFinished(async () => {
    const closed = server.close();
    // Closing waits a while for what is in flight.
    clock.advance(3000);
    await closed;
  });
  async function connect(userId: string, role: "user" | "admin" = "user", transport: Transport = "websocket") {
    const client = await connectClient(server.url, {
      ...{ cookie: server.sessions.signIn({ userId, role }).cookie, transport },
    });
    onTestFinished(() => client.close());
    return client;
  }
  /** Lets time pass; the checks of its last second run with nothing else in flight. */
  async function pass(ms: number): Promise<void> {
    clock.advance(ms - 1000);
    await settle();
    clock.advance(1000);
    await settle();
  }
  /** Once a real request that comes later is answered, everything that began before it is done. */
  const settle = async (): Promise<void> => void (await fetch(`${server.url}/livez`));
  const audiences = () => told.map((one) => one.audience);
  return { server, notify: server.realtime.notify, clock, pass, told, audiences, connect };
}

async function freshFile(): Promise<() => Promise<Store>> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-escalation-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return async () => {
    const store = await createSqlStore(openSqlite<SignalboxTables>(join(folder, "data.db")).kysely);
    onTestFinished(() => store.close());
    return store;
  };
}

describe.each(transports)("over %s", (transport) => {
  it("a user's notice is escalated when the time is over, unless it was acknowledged or read by then", async () => {
    const { notify, pass, told, audiences, connect } = await start({});
    const [ada, bob, carl] = [
      await connect("ada", "user", transport),
      await connect("bob", "user", transport),
      await connect("carl", "user", transport),
    ];
    for (const userId of ["ada", "bob", "carl", "away"]) await notify.user(userId, alarm);
    await notify.user("bob", { ...alarm, priority: "high" });
    for (const client of [ada, bob, carl]) await client.next("notification");
    await ada.request("ack_notifications", { seq: 1 });
    await carl.request("read_notifications", { seq: 1 });
    await pass(afterMs - 1000);
    expect(told).toEqual([]);
    await pass(1000);
    await expect.poll(audiences).toEqual([{ user_id: "bob" }, { user_id: "away" }]);
    expect(told[0]?.notice).toMatchObject({ title: "Alarm", priority: "critical" });
    await pass(afterMs);
    expect(told).toHaveLength(2);
  });

  it("a notice for a role or everyone is escalated once, and tells who has acknowledged it", async () => {
    const { notify, pass, told, audiences, connect } = await start({});
    const [root] = [await connect("root", "admin", transport), await connect("rita", "admin", transport)];
    await notify.role("admin", alarm);
    await notify.everyone(alarm);
    await root.next("notification");
    await root.request("ack_notifications", { seq: 1 });
    await pass(afterMs);
    await expect.poll(audiences).toEqual([{ role: "admin" }, "everyone"]);
    const has = (userId: string) => Promise.all(told.map(({ hasAcknowledged }) => hasAcknowledged(userId)));
    expect(await has("root")).toEqual([true, false]);
    expect(await has("rita")).toEqual([false, false]);
    expect(await has("nobody")).toEqual([false, false]);
    await root.request("read_notifications", { seq: 2 });
    expect(await has("root")).toEqual([true, true]);
  });

  it("a notice for a room is escalated for each member who has not acknowledged it", async () => {
    const { notify, pass, audiences, connect } = await start({});
    const [ada, bob] = [await connect("ada", "user", transport), await connect("bob", "user", transport)];
    for (const client of [ada, bob]) await client.request("join_room", { room_id: "lobby" });
    await notify.room("lobby", alarm);
    await ada.next("notification");
    await ada.request("ack_notifications", { seq: 1 });
    await pass(afterMs);
    await expect.poll(audiences).toEqual([{ user_id: "bob" }]);
  });
});

it("what has expired is not escalated", async () => {
  const { notify, clock, pass, audiences } = await start({});
  await notify.user("ada", { ...alarm, expires_at: new Date(clock.now() + afterMs - 1000).toISOString() });
  await notify.user("bob", alarm);
  await pass(afterMs);
  await expect.poll(audiences).toEqual([{ user_id: "bob" }]);
});

it("an application that throws or hangs is told again, with growing pauses, and does not hold up others", async () => {
  const answers: Record<string, OnUnacknowledged> = {
    throws: () => {
      throw new Error("The pager is down.");
    },
    hangs: () => new Promise<void>(() => {}),
    works: () => {},
  };
  const answer: OnUnacknowledged = (one) => answers[(one.audience as { user_id: string }).user_id]?.(one);
  const { server, notify, pass, told } = await start({ answer });
  const seconds: Record<string, number[]> = { throws: [], hangs: [], works: [] };
  for (const userId of Object.keys(seconds)) await notify.user(userId, alarm);
  await pass(afterMs - 1000);
  for (let second = 0; second < 60; second += 1) {
    await pass(1000);
    for (const { audience } of told.splice(0)) seconds[(audience as { user_id: string }).user_id]?.push(second);
  }
  expect(seconds).toEqual({ throws: [0, 5, 15, 35], hangs: [0, 15, 35], works: [0] });
  const lines = server.logged.filter(({ level }) => level === "error");
  expect(lines).toHaveLength(4 + 3);
  expect(lines[0]).toMatchObject({
    message: "A critical notice could not be escalated; trying again.",
    fields: { err: { message: "The pager is down." }, audience: "user:throws", tries: 1, retry_in_ms: 5000 },
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('signalbox_escalations_total{outcome="told"} 1');
  expect(metrics).toContain('signalbox_escalations_total{outcome="failed"} 7');
});

it("an escalation survives a restart", async () => {
  const open = await freshFile();
  const before = await start({ store: await open() });
  await before.notify.user("ada", alarm);
  await before.server.close();
  const after = await start({ store: await open() });
  await after.pass(afterMs);
  await expect.poll(after.audiences).toEqual([{ user_id: "ada" }]);
  expect(before.told).toEqual([]);
});

it("two servers on one database do not both escalate a notification, and one takes over what the other leaves unfinished", async () => {
  const open = await freshFile();
  const frozen = await start({ store: await open(), answer: () => new Promise<void>(() => {}) });
  const living = await start({ store: await open() });
  for (let index = 0; index < 30; index += 1) await frozen.notify.user(String(index), alarm);
  await Promise.all([frozen, living].map(({ pass }) => pass(afterMs)));
  await expect.poll(() => frozen.told.length + living.told.length).toBe(30);
  expect(frozen.told.length).toBeGreaterThan(0);
  // From here on the first server's clock stands still. Within the lease the second server gets nothing; after it, the
  // rest.
  for (let second = 0; second < 3; second += 1) await living.pass(1000);
  expect(living.told).toHaveLength(30 - frozen.told.length);
  await living.pass(30_000);
  await expect.poll(() => living.told.length).toBe(30);
  expect(new Set(living.audiences().map((audience) => JSON.stringify(audience))).size).toBe(30);
});
