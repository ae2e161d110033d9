/** The requirements on escalations for every store, run against each of them. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { EscalationStore, StoredNotice } from "../../src/core/ports.ts";
import { freshPath, kinds, openFile, setUpStores } from "./kinds.ts";
import { notice, reader } from "./notices.ts";
import { at } from "./samples.ts";

setUpStores();

const critical = (audience: string, title: string, seconds: number, expires_at?: string): StoredNotice => ({
  ...notice(audience, title, expires_at),
  escalate_at: at(seconds),
});

const claim = (store: EscalationStore, seconds: number, limit = 10) =>
  store.claim({ now: at(seconds), until: at(seconds + 30), limit });
const claimed = async (store: EscalationStore, seconds: number, limit?: number) =>
  (await claim(store, seconds, limit)).map(({ audience, notice: { title }, tries }) => [audience, title, tries]);

describe.each(kinds)("escalations in the %s store", (_name, open) => {
  async function opened() {
    const store = await open();
    onTestFinished(() => store.close());
    return { notifications: store.notifications, escalations: store.notifications.escalations };
  }

  it("are created for the notifications that require one, when they are due, in the order of their due time", async () => {
    const { notifications, escalations } = await opened();
    await notifications.append([critical("everyone", "late", 20), notice("everyone", "plain")]);
    await notifications.append([critical("user:ada", "early", 15), critical("role:admin", "early", 16)]);
    expect(await claimed(escalations, 14)).toEqual([]);
    expect(await claimed(escalations, 15)).toEqual([["user:ada", "early", 1]]);
    expect(await claimed(escalations, 20, 1)).toEqual([["role:admin", "early", 1]]);
    expect(await claimed(escalations, 20)).toEqual([["everyone", "late", 1]]);
    expect(await claimed(escalations, 20)).toEqual([]);
  });

  it("are given out again when the lease is over, or the time to which they were postponed, until settled", async () => {
    const { notifications, escalations } = await opened();
    await notifications.append([critical("everyone", "a", 10)]);
    const [{ serial } = { serial: 0 }] = await claim(escalations, 10);
    expect(await claimed(escalations, 39)).toEqual([]);
    expect(await claimed(escalations, 40)).toEqual([["everyone", "a", 2]]);
    await escalations.postpone(serial, at(45));
    expect(await claimed(escalations, 44)).toEqual([]);
    expect(await claimed(escalations, 45)).toEqual([["everyone", "a", 3]]);
    await escalations.settle(serial);
    expect(await claimed(escalations, 900)).toEqual([]);
  });

  it("go to one of many who claim at the same time", async () => {
    const { notifications, escalations } = await opened();
    await notifications.append(Array.from({ length: 20 }, (_, index) => critical("everyone", String(index), 10)));
    const shares = await Promise.all(Array.from({ length: 10 }, () => claim(escalations, 10, 5)));
    const serials = shares.flat().map(({ serial }) => serial);
    expect(serials.length).toBeGreaterThanOrEqual(5);
    expect(new Set(serials).size).toBe(serials.length);
  });

  it("end with the notice's expiry", async () => {
    const { notifications, escalations } = await opened();
    await notifications.append([critical("everyone", "short", 10, at(20)), critical("everyone", "long", 10)]);
    expect(await claimed(escalations, 20)).toEqual([["everyone", "long", 1]]);
    await notifications.forget(at(20));
    expect(await claimed(escalations, 19)).toEqual([]);
  });

  it("know who has acknowledged or read the notification, through each user's own audiences", async () => {
    const { notifications, escalations } = await opened();
    await notifications.append([notice("user:ada", "before"), critical("role:admin", "it", 10)]);
    const [{ serial } = { serial: 0 }] = await claim(escalations, 10);
    const has = (userId: string) => escalations.hasAcknowledged(userId, serial);
    expect(await has("ada")).toBe(false);
    await notifications.advance(reader("ada", "admin"), "delivered", 2);
    await notifications.advance(reader("ada", "admin"), "acknowledged", 1);
    expect(await has("ada")).toBe(false);
    await notifications.advance(reader("ada", "admin"), "acknowledged", 2);
    await notifications.advance(reader("root", "admin"), "read", 1);
    expect([await has("ada"), await has("root")]).toEqual([true, true]);
    // Acknowledged all notifications of that moment, but not this later one.
    await notifications.append([notice("everyone", "after")]);
    await notifications.advance(reader("bob"), "acknowledged", 99);
    expect(await has("bob")).toBe(false);
  });
});

it("two connections to one SQLite file do not both get an escalation, and it survives a restart", async () => {
  const path = freshPath();
  const [one, two] = [await openFile(path), await openFile(path)];
  await one.notifications.append(
    Array.from({ length: 50 }, (_, index) => critical(`user:${index}`, String(index), 10)),
  );
  const shares = await Promise.all([one, two].map(({ notifications }) => claim(notifications.escalations, 10, 50)));
  expect(shares.flat()).toHaveLength(50);
  await one.close();
  await two.close();
  const after = await openFile(path);
  onTestFinished(() => after.close());
  expect(await claim(after.notifications.escalations, 40, 50)).toHaveLength(50);
});
