/** Behaviour that only a database can show: restarts, other tables in the same file, locks, faults. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { createSqlStore, openSqlite, type SignalboxTables, type SqliteFile } from "../../src/store/sql.ts";
import { securityEvent, task } from "./samples.ts";

interface Tables extends SignalboxTables {
  note: { text: string };
}

let folder: string;
let path: string;
let file: SqliteFile<Tables>;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-sqlite-"));
  path = join(folder, "data", "signalbox.db");
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  file = openSqlite<Tables>(path);
  store = await createSqlStore(file.kysely);
}

const pragma = (name: string): unknown => Object.values(file.database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

describe("a SQLite file", () => {
  it("has a write-ahead log, full synchronization and foreign keys", () => {
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
  });
  it("is created once when five processes start at the same time", async () => {
    const fresh = join(folder, "new.db");
    const start = () => createSqlStore(openSqlite<SignalboxTables>(fresh).kysely);
    const stores = await Promise.all([start(), start(), start(), start(), start()]);
    await Promise.all(stores.map((each, index) => each.tasks.put(task(`by-${index}`))));
    expect((await stores[0]?.tasks.list({}))?.total).toBe(5);
    await Promise.all(stores.map((each) => each.close()));
  });
  it("has after a restart what was put before it, and its version guard", async () => {
    await store.tasks.put(task("kept", { version: 9, result: [1] }));
    await store.securityEvents.put([securityEvent("line", { count: 3 })]);
    await store.close();
    await open();
    await store.tasks.put(task("kept", { version: 8, title: "from the past" }));
    expect(await store.tasks.get("kept")).toEqual(task("kept", { version: 9, result: [1] }));
    expect((await store.securityEvents.list({})).rows).toEqual([securityEvent("line", { count: 3 })]);
  });
  it("shows a row to another connection as soon as put has resolved", async () => {
    await store.tasks.put(task("committed"));
    const other = new DatabaseSync(path);
    expect(other.prepare("select id, version from signalbox_task").all()).toMatchObject([
      { id: "committed", version: 1 },
    ]);
    other.close();
  });
  it("is shared with tables of the application, and only adds tables of its own prefix", async () => {
    await file.kysely.schema.createTable("note").addColumn("text", "text").execute();
    await file.kysely.insertInto("note").values({ text: "mine" }).execute();
    await store.tasks.put(task("beside"));
    expect(await file.kysely.selectFrom("note").selectAll().execute()).toEqual([{ text: "mine" }]);
    const tables = await file.kysely.introspection.getTables();
    const foreign = tables.map(({ name }) => name).filter((name) => !name.startsWith("signalbox_"));
    expect(foreign).toEqual(["note"]);
  });
  it("keeps a task out of an application's transaction that is rolled back meanwhile", async () => {
    await file.kysely.schema.createTable("note").addColumn("text", "text").execute();
    let putting: Promise<unknown> = Promise.resolve();
    const transaction = file.kysely.transaction().execute(async (trx) => {
      await trx.insertInto("note").values({ text: "never" }).execute();
      putting = store.tasks.put(task("outside"));
      throw new Error("Rolled back.");
    });
    await expect(transaction).rejects.toThrow("Rolled back.");
    await putting;
    expect(await store.tasks.get("outside")).toBeDefined();
    expect(await file.kysely.selectFrom("note").selectAll().execute()).toEqual([]);
  });
});

describe("a database that another process has locked", () => {
  it("makes a write wait without stopping the process, and takes it when the lock is gone", async () => {
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    let done = false;
    const put = store.tasks.put(task("late")).then(() => {
      done = true;
    });
    // These turns could not pass if the wait were inside SQLite.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    expect(other.prepare("select count(*) as n from signalbox_task").get()).toEqual({ n: 0 });
    other.exec("commit");
    other.close();
    await put;
    expect(await store.tasks.get("late")).toBeDefined();
  });
  it("is not ready until the lock is gone, and asked once however many ask", async () => {
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const first = store.ping();
    expect(store.ping()).toBe(first);
    other.exec("rollback");
    other.close();
    await expect(first).resolves.toBeUndefined();
  });
});

describe("a database that takes no writes", () => {
  it("rejects what is put, and is not ready", async () => {
    file.database.exec("PRAGMA query_only = ON");
    await expect(store.tasks.put(task("lost"))).rejects.toThrow("readonly");
    await expect(store.securityEvents.put([securityEvent("lost")])).rejects.toThrow("readonly");
    await expect(store.ping()).rejects.toThrow("readonly");
    file.database.exec("PRAGMA query_only = OFF");
    await expect(store.ping()).resolves.toBeUndefined();
    expect(await store.tasks.get("lost")).toBeUndefined();
  });
  it("rejects a write when the disk is full, and keeps the stored data", async () => {
    await store.tasks.put(task("before"));
    file.database.exec(`PRAGMA max_page_count = ${pragma("page_count")}`);
    const large = task("before", { version: 2, result: "x".repeat(100_000) });
    await expect(store.tasks.put(large)).rejects.toThrow("full");
    expect(await store.tasks.get("before")).toEqual(task("before"));
  });
  it("is written to by a ping only after a write has failed, so that asking costs no disk", async () => {
    const other = new DatabaseSync(path);
    const changes = () => Object.values(other.prepare("PRAGMA data_version").get() ?? {})[0];
    const start = changes();
    await store.ping();
    expect(changes()).toBe(start);
    file.database.exec("PRAGMA query_only = ON");
    await expect(store.tasks.put(task("lost"))).rejects.toThrow("readonly");
    file.database.exec("PRAGMA query_only = OFF");
    await store.ping();
    expect(changes()).not.toBe(start);
    const afterProbe = changes();
    await store.ping();
    expect(changes()).toBe(afterProbe);
    other.close();
  });
});

describe("opening", () => {
  it("refuses a file that is no database, in one sentence that names it", () => {
    const text = join(folder, "text.db");
    writeFileSync(text, "This is not a database, and never was one. ".repeat(100));
    expect(() => openSqlite(text)).toThrow(`The database ${text} cannot be opened: file is not a database.`);
  });
  it("refuses a path that cannot be a file, in one sentence that names it", () => {
    const below = join(path, "below", "signalbox.db");
    expect(() => openSqlite(below)).toThrow(/^The database .*signalbox\.db cannot be opened: ENOTDIR.*\.$/);
    const directory = join(folder, "directory");
    mkdirSync(directory);
    expect(() => openSqlite(directory)).toThrow(
      `The database ${directory} cannot be opened: unable to open database file.`,
    );
  });
  it("says which tables are in the way of a migration", async () => {
    const { kysely } = openSqlite<SignalboxTables>(":memory:");
    await kysely.schema.createTable("signalbox_task").addColumn("x", "text").execute();
    await expect(createSqlStore(kysely)).rejects.toThrow(
      'The tables of Signalbox cannot be brought up to date: table "signalbox_task" already exists.',
    );
    await kysely.destroy();
  });
});
