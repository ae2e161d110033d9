import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@signalbox/server";
import { openPostgres } from "@signalbox/server/postgres";
import { openSqlite } from "@signalbox/server/sql";
import type { Kysely } from "kysely";
import type { Pool } from "pg";
import type { WorkbenchTables } from "./database.ts";

/** Of PostgreSQL's advisory locks, which are numbers, the one that is the workbench's. */
const startLock = 772_001;

/** How long another process may take over its start. */
const startWithinMs = 60_000;

/** Where everything is kept that is not a file. */
export interface WorkbenchDatabase {
  readonly kysely: Kysely<WorkbenchTables>;
  /** The same database, as Better Auth takes it. */
  readonly forAccounts: DatabaseSync | { readonly db: Kysely<WorkbenchTables>; readonly type: "postgres" };
  /** Runs while no other process does: bringing tables up to date and making the first account happen once. */
  exclusively<Result>(run: () => Promise<Result>): Promise<Result>;
}

/** @param url - of a PostgreSQL; null for the file in the data folder */
export function openDatabase(url: string | null, file: string, log: Log): WorkbenchDatabase {
  if (url === null) {
    const { kysely, database } = openSqlite<WorkbenchTables>(file);
    return { kysely, forAccounts: database, exclusively: (run) => run() };
  }
  // #region postgres
  const { kysely, pool } = openPostgres<WorkbenchTables>(url, { log });
  return { kysely, forAccounts: { db: kysely, type: "postgres" }, exclusively: (run) => whileLocked(pool, run) };
  // #endregion
}

/** @throws Error when another process keeps the lock for a minute */
async function whileLocked<Result>(pool: Pool, run: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  const isOurs = async (): Promise<boolean> =>
    (await client.query<{ ours: boolean }>("select pg_try_advisory_lock($1) as ours", [startLock])).rows[0]?.ours ===
    true;
  try {
    // Asked again and again: one question that waited would end by the time-out of a statement.
    for (const until = Date.now() + startWithinMs; !(await isOurs()); await sleep(100)) {
      if (Date.now() > until) throw new Error("Another process has been starting on this database for a minute.");
    }
    return await run();
  } finally {
    await client.query("select pg_advisory_unlock($1)", [startLock]).catch(() => {});
    client.release();
  }
}
