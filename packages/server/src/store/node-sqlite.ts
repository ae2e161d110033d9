import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect } from "kysely";

/** How long a statement waits for another process that holds the database, in milliseconds. */
const busyTimeoutMs = 5000;

/** An open SQLite database: for Kysely, and as Node's own handle for others who share the file. */
export interface SqliteFile<Tables> {
  readonly kysely: Kysely<Tables>;
  readonly database: DatabaseSync;
}

/**
 * Opens or creates a SQLite file through `node:sqlite`, which needs no native module of its own.
 * Write-ahead log with `synchronous=FULL`: what is acknowledged survives a power cut (sqlite.org/pragma.html).
 * @throws Error with one sentence that names the path
 */
export function openSqlite<Tables = unknown>(path: string): SqliteFile<Tables> {
  const database = open(path);
  const dialect = new SqliteDialect({ database: asKyselyDatabase(database) });
  return { kysely: new Kysely<Tables>({ dialect }), database };
}

function open(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    return database;
  } catch (error) {
    throw new Error(`The database ${path} cannot be opened: ${(error as Error).message}.`, { cause: error });
  }
}

/** What Kysely's dialect expects of a driver, in terms of Node's. */
function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bind(parameters)),
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)) as IterableIterator<unknown>,
      };
    },
  };
}
