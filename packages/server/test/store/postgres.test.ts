/**
 * Faults that only a database shared by several nodes can have: starting together, writing together, becoming
 * unavailable.
 */
import { Client } from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { startStopwatch } from "../../src/testing/index.ts";
import { freshDatabase, openDatabase, postgres, setUpStores } from "./kinds.ts";
import { notice, reader } from "./notices.ts";
import { at, task } from "./samples.ts";

setUpStores();

/** When the statement that waits for a lock began to run. */
const waitingForLock = "select max(query_start) as started from pg_stat_activity where wait_event_type = 'Lock'";

const closeAll = (stores: readonly Store[]) => Promise.all(stores.map((store) => store.close()));

describe("a PostgreSQL that several nodes share", () => {
  it("is migrated once when five nodes start at the same time", async () => {
    const url = await freshDatabase();
    const stores = await Promise.all([1, 2, 3, 4, 5].map(() => openDatabase(url)));
    await Promise.all(stores.map((store, index) => store.tasks.put(task(`by-${index}`))));
    expect((await stores[0]?.tasks.list({}))?.total).toBe(5);
    await closeAll(stores);
  });

  it("waits at its start for a process that takes longer than a statement may to bring the tables up to date", async () => {
    const url = await freshDatabase();
    const migrating = new Client({ connectionString: url });
    await migrating.connect();
    onTestFinished(() => migrating.end());
    // The lock that Kysely's migrator takes.
    await migrating.query("select pg_advisory_lock(3853314791062309107)");
    const opening = openDatabase(url);
    const attempts = async () => (await migrating.query(waitingForLock)).rows[0].started;
    await expect.poll(attempts).not.toBe(null);
    const first = await attempts();
    await expect.poll(attempts, { timeout: 60_000 }).not.toEqual(first);
    await migrating.query("select pg_advisory_unlock(3853314791062309107)");
    const store = await opening;
    await store.tasks.put(task("after"));
    expect((await store.tasks.list({})).total).toBe(1);
    await store.close();
  });

  it("gives each notification one position in the log, and each reader one number for it, over all concurrent writers and readers", async () => {
    const url = await freshDatabase();
    const stores = await Promise.all([openDatabase(url), openDatabase(url)]);
    const [one, two] = stores as [Store, Store];
    const appended = Array.from({ length: 60 }, (_, index) =>
      (index % 2 === 0 ? one : two).notifications.append([notice("user:ada", `n${index}`)]),
    );
    const read = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).notifications.read(reader("ada"), { after: 0, limit: 100 }),
    );
    await Promise.all([...appended, ...read]);
    const { notifications } = await two.notifications.read(reader("ada"), { after: 0, limit: 100 });
    expect(notifications.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(new Set(notifications.map(({ id }) => id)).size).toBe(60);
    // No answer during the writes had another notification under a number.
    const byNumber = new Map(notifications.map(({ seq, id }) => [seq, id]));
    for (const page of await Promise.all(read))
      for (const { seq, id } of page.notifications) expect(byNumber.get(seq)).toBe(id);
    await closeAll(stores);
  });

  it("hands each escalation to one of two", async () => {
    const url = await freshDatabase();
    const stores = await Promise.all([openDatabase(url), openDatabase(url)]);
    const due = Array.from({ length: 40 }, (_, index) => ({ ...notice("user:ada", `n${index}`), escalate_at: at(0) }));
    await stores[0]?.notifications.append(due);
    const lease = { now: at(5), until: at(60), limit: 25 };
    const claims = await Promise.all(
      [1, 2, 3, 4].flatMap(() => stores.map((store) => store.notifications.escalations.claim(lease))),
    );
    const serials = claims.flat().map(({ serial }) => serial);
    expect(new Set(serials).size).toBe(serials.length);
    expect(serials).toHaveLength(40);
    await closeAll(stores);
  });

  it.skipIf(process.env.TEST_DATABASE_URL !== undefined)(
    "causes errors while it is away, does not end the process, and answers again when it is back",
    async () => {
      const store = await openDatabase(await freshDatabase());
      await store.tasks.put(task("before"));
      postgres().kill("SIGQUIT");
      const outcome = () =>
        store.tasks.put(task(`meanwhile-${Date.now()}`)).then(
          () => "stored",
          () => "refused",
        );
      await expect.poll(outcome).toBe("refused");
      await expect(store.ping()).rejects.toThrow();
      await postgres().restart();
      await expect.poll(() => store.tasks.put(task("after"))).toBeUndefined();
      expect(await store.tasks.get("before")).toBeDefined();
      await store.close();
    },
  );

  it.skipIf(process.env.TEST_DATABASE_URL !== undefined)(
    "that does not answer is an error within seconds",
    async () => {
      const store = await openDatabase(await freshDatabase());
      await store.ping();
      postgres().kill("SIGSTOP");
      const elapsed = startStopwatch();
      await expect(store.tasks.put(task("frozen"))).rejects.toThrow();
      expect(elapsed()).toBeLessThan(8000);
      postgres().kill("SIGCONT");
      await expect.poll(() => store.tasks.put(task("thawed"))).toBeUndefined();
      await store.close();
    },
    30_000,
  );
});
