/** The requirements on notifications and read marks for every store, run against each of them. */
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NotificationReader, StoredNotice } from "../../src/core/ports.ts";
import { freshPath, kinds, openFile, setUpStores } from "./kinds.ts";
import { notice, reader } from "./notices.ts";
import { at } from "./samples.ts";

setUpStores();

describe.each(kinds)("notifications in the %s store", (name, open) => {
  async function opened() {
    const store = await open();
    onTestFinished(() => store.close());
    const { notifications } = store;
    const page = (who: NotificationReader, after = 0, limit = 500) => notifications.read(who, { after, limit });
    const titles = async (who: NotificationReader, after?: number) =>
      (await page(who, after)).notifications.map(({ title }) => title);
    return { notifications, page, titles };
  }

  it("number each user's notifications consecutively, in the order of sending, whatever the audiences and the reading between", async () => {
    const names = ["ada", "bob", "root"];
    const step = fc.oneof(
      fc.record({
        send: fc.constantFrom("everyone", "role:user", "role:admin", ...names.map((name) => `user:${name}`)),
      }),
      fc.record({ read: fc.constantFrom(...names) }),
    );
    const roleOf = (name: string) => (name === "root" ? "admin" : "user");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const store = await open();
        const { notifications } = store;
        const sent: StoredNotice[] = [];
        for (const one of steps) {
          if ("read" in one) await notifications.read(reader(one.read, roleOf(one.read)), { after: 0, limit: 1 });
          else {
            sent.push(notice(one.send, String(sent.length)));
            await notifications.append(sent.slice(-1));
          }
        }
        for (const name of names) {
          const who = reader(name, roleOf(name));
          const mine = sent.filter(({ audience }) => who.audiences.includes(audience));
          const { notifications: got, latest_seq, unread } = await notifications.read(who, { after: 0, limit: 500 });
          expect(got.map(({ title, seq }) => [title, seq])).toEqual(
            mine.map(({ notice: { title } }, i) => [title, i + 1]),
          );
          expect([latest_seq, unread]).toEqual([mine.length, mine.length]);
        }
        await store.close();
      }),
      { numRuns: name === "PostgreSQL" ? 8 : 40 },
    );
  });

  it("hand out one seq once, though many read and write at the same time", async () => {
    const { notifications, page } = await opened();
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await notifications.append([notice(index % 2 ? "everyone" : "user:ada", String(index))]);
        await page(reader("ada"));
      }),
    );
    expect((await page(reader("ada"))).notifications.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
  });

  it("hide those for administrators from all other users, including former administrators, and do not count them", async () => {
    const { notifications, page, titles } = await opened();
    await notifications.append([
      notice("role:admin", "secret"),
      notice("everyone", "open"),
      notice("role:admin", "too"),
    ]);
    expect(await titles(reader("ada"))).toEqual(["open"]);
    expect(await titles(reader("root", "admin"))).toEqual(["secret", "open", "too"]);
    expect(await page(reader("root", "user"))).toMatchObject({
      notifications: [{ title: "open" }],
      latest_seq: 2,
      unread: 1,
    });
  });

  it("only move forward, and what is read is acknowledged and delivered", async () => {
    const { notifications } = await opened();
    const ada = reader("ada");
    await notifications.append(["a", "b", "c"].map((title) => notice("user:ada", title)));
    const undelivered = async () => (await notifications.read(ada, { limit: 9 })).notifications.length;
    expect(await undelivered()).toBe(3);
    await notifications.advance(ada, "delivered", 1);
    expect(await undelivered()).toBe(2);
    await notifications.advance(ada, "read", 2);
    await notifications.advance(ada, "read", 1);
    await notifications.advance(ada, "acknowledged", 1);
    expect(await notifications.read(ada, { limit: 9 })).toMatchObject({ notifications: [{ title: "c" }], unread: 1 });
    await notifications.advance(ada, "read", 99);
    await notifications.append([notice("user:ada", "d")]);
    expect(await notifications.read(ada, { limit: 9 })).toMatchObject({ notifications: [{ seq: 4 }], unread: 1 });
  });

  it("end with their expiry, and leave no row behind", async () => {
    const { notifications, page, titles } = await opened();
    await notifications.append([notice("everyone", "short", at(20)), notice("everyone", "long")]);
    expect(await titles(reader("ada", "user", 19))).toEqual(["short", "long"]);
    expect(await page(reader("ada", "user", 20))).toMatchObject({
      notifications: [{ title: "long", seq: 2 }],
      unread: 1,
    });
    await notifications.forget(at(20));
    expect(await titles(reader("ada", "user", 19))).toEqual(["long"]);
    expect(await titles(reader("bob", "user", 19))).toEqual(["long"]);
  });

  it("are erased for one user, batch by batch, while they are read and written", async () => {
    const { notifications, page, titles } = await opened();
    const { userId, audiences } = reader("ada");
    const kept = () => notifications.ofUser({ userId, audiences }, { after: 0, limit: 500 });
    for (let index = 0; index < 20; index += 1) {
      await notifications.append([notice("user:ada", String(index)), notice("user:bob", String(index))]);
    }
    expect(await kept()).toHaveLength(20);
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await notifications.append([notice("everyone", `all ${index}`)]);
        await Promise.all([page(reader("ada")), notifications.eraseUser(userId, 3), page(reader("bob"))]);
      }),
    );
    expect((await kept()).filter(({ audience }) => audience !== "everyone")).toEqual([]);
    expect(await notifications.eraseUser(userId, 3)).toBe(0);
    expect(await kept()).toEqual([]);
    expect(await titles(reader("bob"))).toHaveLength(40);
    await notifications.append([notice("user:ada", "new"), notice("role:user", "for users")]);
    expect((await kept()).map(({ notice: { title }, state }) => [title, state])).toEqual([["new", "stored"]]);
    await notifications.advance(reader("ada"), "read", 21);
    const states = (await kept()).map(({ notice: { title }, state }) => [title, state]);
    expect(states.slice(-2)).toEqual([
      ["new", "read"],
      ["for users", "stored"],
    ]);
    const [first, second] = await kept();
    expect(await notifications.ofUser({ userId, audiences }, { after: first?.serial ?? 0, limit: 1 })).toEqual([
      second,
    ]);
  });

  it("keep the latest thousand of a user", async () => {
    const { notifications, page } = await opened();
    await notifications.append(Array.from({ length: 1001 }, (_, index) => notice("user:ada", String(index))));
    expect((await page(reader("ada"))).unread).toBe(1000);
    await notifications.append([notice("user:ada", "one more")]);
    const { notifications: kept, unread } = await page(reader("ada"));
    expect([kept[0]?.seq, kept[0]?.title, unread]).toEqual([2, "2", 1000]);
  });
});

it("notifications, their numbers and their states survive a restart", async () => {
  const path = freshPath();
  const before = await openFile(path);
  await before.notifications.append(["a", "b"].map((title) => notice("everyone", title)));
  await before.notifications.advance(reader("ada"), "read", 1);
  await before.close();
  const after = await openFile(path);
  await after.notifications.append([notice("user:ada", "c")]);
  expect(await after.notifications.read(reader("ada"), { limit: 9 })).toMatchObject({
    notifications: [
      { title: "b", seq: 2 },
      { title: "c", seq: 3 },
    ],
    unread: 2,
  });
  await after.close();
});
