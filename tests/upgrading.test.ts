/** docs/upgrading.md: its commands are run on databases that servers hold open, and what it says of versions is tried. */
import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { openPostgres } from "../packages/server/src/store/postgres.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../packages/server/src/store/sql.ts";
import { task } from "../packages/server/test/store/samples.ts";
import { startPostgres } from "../scripts/services/postgres.ts";

const page = readFileSync(join(import.meta.dirname, "../docs/upgrading.md"), "utf8");
const [backUpFile = "", backUpServer = "", restoreFile = "", restoreServer = ""] = [
  ...page.matchAll(/```sh\n([\s\S]*?)```/g),
].map(([, commands]) => commands);
const log = { debug() {}, info() {}, warn() {}, error() {} };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "upgrading-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs commands of the page, with the Node of this process and the programs of PostgreSQL in the path. */
async function run(commands: string, env: Record<string, string> = {}): Promise<void> {
  expect(commands).not.toBe("");
  const postgres = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  const path = [dirname(process.execPath), ...postgres, process.env.PATH].join(delimiter);
  await promisify(execFile)("sh", ["-ec", commands], { cwd: folder, env: { ...process.env, PATH: path, ...env } });
}

it("SQLite: a backup of a running server is restored with its files, and without what came later", async () => {
  for (const name of ["uploads", "results"]) mkdirSync(join(folder, "data", name), { recursive: true });
  writeFileSync(join(folder, "data/uploads/picture"), "a picture");
  const file = join(folder, "data/workbench.sqlite");
  const running = await createSqlStore(openSqlite<SignalboxTables>(file).kysely);
  await running.tasks.put(task("before"));
  await run(backUpFile);
  await running.tasks.put(task("after"));
  await running.close();

  await run(restoreFile);
  const restored = await createSqlStore(openSqlite<SignalboxTables>(file).kysely);
  onTestFinished(() => restored.close());
  expect(await restored.tasks.get("before")).toMatchObject({ task_id: "before" });
  expect(await restored.tasks.get("after")).toBeUndefined();
  expect(readFileSync(join(folder, "data/uploads/picture"), "utf8")).toBe("a picture");
});

it("PostgreSQL: a backup of a running server is restored, and without what came later", async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const open = () => createSqlStore(openPostgres<SignalboxTables>(server.url, { log }).kysely);
  const running = await open();
  await running.tasks.put(task("before"));
  await run(backUpServer, { DATABASE_URL: server.url });
  await running.tasks.put(task("after"));
  await running.close();

  await run(restoreServer, { DATABASE_URL: server.url });
  const restored = await open();
  onTestFinished(() => restored.close());
  expect(await restored.tasks.get("before")).toMatchObject({ task_id: "before" });
  expect(await restored.tasks.get("after")).toBeUndefined();
});

it("an old version refuses a database that a newer one has migrated, and names the migration", async () => {
  const file = join(folder, "newer.sqlite");
  const { kysely, database } = openSqlite<SignalboxTables>(file);
  const store = await createSqlStore(kysely);
  database.exec("insert into signalbox_migration (name, timestamp) values ('9999_newer', '2027-01-01')");
  await store.close();
  const { kysely: again } = openSqlite<SignalboxTables>(file);
  onTestFinished(() => again.destroy());
  await expect(createSqlStore(again)).rejects.toThrow(/cannot be brought up to date: .*9999_newer/);
});
