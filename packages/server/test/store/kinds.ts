/** Every kind of store, to run the same tests on each. Each opened store is empty. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { startPostgres } from "../../../../scripts/services/postgres.ts";
import type { Service } from "../../../../scripts/services/service.ts";
import type { Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { openPostgres } from "../../src/store/postgres.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let folder = "";
let server: Service | undefined;

/** Gives a test file its own folder and PostgreSQL until it ends. Test files of one worker share this module. */
export function setUpStores(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "signalbox-store-"));
    if (process.env.TEST_DATABASE_URL === undefined) server = await startPostgres();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server?.stop();
    server = undefined;
  });
}

/** The PostgreSQL server of this test file, which a test may kill or freeze. */
export const postgres = (): Service => server as Service;

export const freshPath = (): string => join(folder, `${randomUUID()}.db`);
export const openFile = (path: string): Promise<Store> => createSqlStore(openSqlite<SignalboxTables>(path).kysely);

/** Creates its own empty database: Kysely's migrator finds its tables in any schema. */
export async function freshDatabase(): Promise<string> {
  const url = process.env.TEST_DATABASE_URL ?? postgres().url;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

export const openDatabase = (url: string, options: { maxSecurityEvents?: number } = {}): Promise<Store> =>
  createSqlStore(openPostgres<SignalboxTables>(url, { log: silent }).kysely, options);

export const kinds: [name: string, open: (maxSecurityEvents?: number) => Promise<Store>][] = [
  ["memory", async (maxSecurityEvents = 100_000) => createMemoryStore({ maxSecurityEvents })],
  [
    "SQLite",
    (maxSecurityEvents = 100_000) =>
      createSqlStore(openSqlite<SignalboxTables>(freshPath()).kysely, { maxSecurityEvents }),
  ],
  ["PostgreSQL", async (maxSecurityEvents = 100_000) => openDatabase(await freshDatabase(), { maxSecurityEvents })],
];
