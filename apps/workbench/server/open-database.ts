import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@signalbox/server";
import { openPostgres } from "@signalbox/server/postgres";
import { openSqlite } from "@signalbox/server/sql";
import type { Kysely } from "kysely";
import type { Pool } from "pg";
import type { WorkbenchTables } from "./database.ts";

/** The number of the workbench's advisory lock in PostgreSQL. */
const startLock = 772_001;

/** How long another process may take for its start. */
const startWithinMs = 60_000;

/** Stores all data except files. */
export interface WorkbenchDatabase {
  readonly kysely: Kysely<WorkbenchTables>;
  /** The same database, in the form that Better Auth takes. */
  readonly forAccounts: DatabaseSync | { readonly db: Kysely<WorkbenchTables>; readonly type: "postgres" };
  /**
   * Runs the function while no other process runs one: migrations and the creation of the first account happen once.
   */
  exclusively<Result>(run: () => Promise<Result>): Promise<Result>;
}

/** @param url - address of a PostgreSQL database; null for the file in the data folder */
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

/** @throws Error when another process holds the lock for a minute */
async function whileLocked<Result>(pool: Pool, run: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  const isOurs = async (): Promise<boolean> =>
    (await client.query<{ ours: boolean }>("select pg_try_advisory_lock($1) as ours", [startLock])).rows[0]?.ours ===
    true;
  try {
    // Polls for the lock: a single waiting query would hit the statement timeout.
    for (const until = Date.now() + startWithinMs; !(await isOurs()); await sleep(100)) {
      if (Date.now() > until) throw new Error("Another process has been starting on this database for a minute.");
    }
    return await run();
  } finally {
    await client.query("select pg_advisory_unlock($1)", [startLock]).catch(() => {});
    client.release();
  }
}
