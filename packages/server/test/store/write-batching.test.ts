/** One commit for rows that are put at the same time: the result for each caller, and the cost for the event loop. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { batchWrites } from "../../src/store/write-batching.ts";
import { task } from "./samples.ts";

interface Row {
  readonly key: string;
  readonly value: number;
}

/** Writes that a test completes one by one. */
function scripted() {
  const statements: { rows: readonly Row[]; resolve(standing?: readonly Row[]): void; reject(error: Error): void }[] =
    [];
  const put = batchWrites<Row>({
    write: (rows) =>
      new Promise((resolve, reject) => {
        statements.push({ rows, resolve: (standing = []) => resolve(standing), reject });
      }),
    keyOf: ({ key }) => key,
    isNewer: (one, than) => one.value > than.value,
    maxRows: 3,
    isDatabaseError: (error) => (error as Error).message === "locked",
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { put, statements, settle };
}

const row = (key: string, value = 1): Row => ({ key, value });

describe("batched writes", () => {
  it("put rows that arrive together in one statement, and rows that arrive during it in the next", async () => {
    const { put, statements, settle } = scripted();
    const first = Promise.all([put(row("a")), put(row("b"))]);
    await settle();
    const second = put(row("c"));
    expect(statements.map(({ rows }) => rows)).toEqual([[row("a"), row("b")]]);
    statements[0]?.resolve();
    await first;
    await settle();
    expect(statements[1]?.rows).toEqual([row("c")]);
    statements[1]?.resolve();
    await second;
  });

  it("have one statement under way at a time, and begin another once all is quiet again", async () => {
    const { put, statements, settle } = scripted();
    const first = put(row("a"));
    await settle();
    const second = [put(row("b")), put(row("c"))];
    await settle();
    expect(statements).toHaveLength(1);
    statements[0]?.resolve();
    await settle();
    expect(statements).toHaveLength(2);
    statements[1]?.resolve();
    await Promise.all([first, ...second]);
    await settle();
    const third = put(row("d"));
    await settle();
    expect(statements.map(({ rows }) => rows.map(({ key }) => key))).toEqual([["a"], ["b", "c"], ["d"]]);
    statements[2]?.resolve();
    await third;
  });

  it("return the stored row only to the caller whose row was rejected as outdated", async () => {
    const { put, statements, settle } = scripted();
    const both = Promise.all([put(row("a")), put(row("b"))]);
    await settle();
    statements[0]?.resolve([row("b", 9)]);
    expect(await both).toEqual([undefined, row("b", 9)]);
  });

  it("confirm a row to its caller only after the row's own statement has completed", async () => {
    const { put, statements, settle } = scripted();
    const done: string[] = [];
    for (const key of ["a", "b", "c", "d"]) void put(row(key)).then(() => done.push(key));
    await settle();
    expect(done).toEqual([]);
    statements[0]?.resolve();
    await settle();
    expect(done).toEqual(["a", "b", "c"]);
    expect(statements[1]?.rows).toEqual([row("d")]);
  });

  it("write a row once where it comes twice: the newer one, whichever came first", async () => {
    const { put, statements, settle } = scripted();
    const both = Promise.all([put(row("a", 1)), put(row("a", 2)), put(row("a", 0))]);
    await settle();
    expect(statements[0]?.rows).toEqual([row("a", 2)]);
    statements[0]?.resolve();
    await both;
  });

  it("refuse only the row that the database refuses", async () => {
    const { put, statements, settle } = scripted();
    const results = Promise.allSettled([put(row("good")), put(row("bad"))]);
    await settle();
    statements[0]?.reject(new Error("one of them"));
    await settle();
    statements[1]?.resolve();
    await settle();
    statements[2]?.reject(new Error("bad"));
    expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("fail together where the database as a whole fails, rather than wait for it row by row", async () => {
    const { put, statements, settle } = scripted();
    const results = Promise.allSettled([put(row("a")), put(row("b"))]);
    await settle();
    statements[0]?.reject(new Error("locked"));
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(statements).toHaveLength(1);
  });
});

it("the progress of 500 tasks is one commit in SQLite, with the version guard for each of them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-joined-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data.db");
  const file = openSqlite<SignalboxTables>(path);
  const store = await createSqlStore(file.kysely);
  onTestFinished(() => store.close());
  await store.tasks.put(task("7", { version: 9 }));

  const prepared = vi.spyOn(file.database, "prepare");
  await Promise.all(Array.from({ length: 500 }, (_, index) => store.tasks.put(task(String(index), { version: 5 }))));
  expect(prepared.mock.calls.filter(([sql]) => sql.startsWith("insert"))).toHaveLength(1);
  expect((await store.tasks.list({ limit: 1 })).total).toBe(500);
  expect((await store.tasks.get("7"))?.version).toBe(9);
  expect((await store.tasks.get("8"))?.version).toBe(5);
});
