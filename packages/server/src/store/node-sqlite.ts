import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { retryWhileBusy } from "./retry-while-busy.ts";

/** Lock timeout while opening. At startup nothing else runs yet, so waiting for a lock may block. */
const openTimeoutMs = 5000;

/** Lock timeout of statements. A wait inside SQLite blocks the whole process, so it only bridges a short lock. */
const busyTimeoutMs = 20;

/** An open SQLite database, as a Kysely instance and as Node's own handle. */
export interface SqliteFile<Tables> {
  /**
   * For all libraries that share the file, each with its own tables (Better Auth: `{ db: kysely, type: "sqlite" }`).
   * It isolates transactions and waits for locks without blocking.
   */
  readonly kysely: Kysely<Tables>;
  /** The one connection below `kysely`. A statement run here directly joins any transaction that `kysely` has open. */
  readonly database: DatabaseSync;
}

/**
 * Opens or creates a SQLite file through `node:sqlite`, which needs no additional native module.
 * Uses a write-ahead log with `synchronous=FULL`: an acknowledged write survives a power cut (sqlite.org/pragma.html).
 * @param path - a file, whose folder is created when missing, or `:memory:`
 * @throws Error with one sentence that names the path
 */
export function openSqlite<Tables = unknown>(path: string): SqliteFile<Tables> {
  const database = open(path);
  return { kysely: new Kysely<Tables>({ dialect: dialectOf(database) }), database };
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Loaded on use: loading the module prints a warning, and PostgreSQL stores do not need it.
    const sqlite = process.getBuiltinModule("node:sqlite");
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    database = new sqlite.DatabaseSync(path, { timeout: openTimeoutMs });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return database;
  } catch (error) {
    database?.close();
    throw new Error(`The database ${path} cannot be opened: ${(error as Error).message}.`, { cause: error });
  }
}

const dialectOf = (database: DatabaseSync): Dialect => ({
  createAdapter: () => new MigratingAdapter(),
  createDriver: () => new PatientDriver({ database: asKyselyDatabase(database) }),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** Kysely's adapter, but migrations run in a transaction, all or none: in SQLite, schema changes are transactional. */
class MigratingAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Kysely's driver with two changes. A statement that waits for another process's lock does not block the event loop. A
 * transaction takes the write lock when it begins: one that has already read cannot write after another process has
 * written (SQLITE_BUSY_SNAPSHOT, sqlite.org/rescode.html), for example when two processes create the tables of one new
 * file.
 */
class PatientDriver extends SqliteDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    return {
      executeQuery: (query) => retryWhileBusy(async () => connection.executeQuery(query)),
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    };
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/** Adapts Node's database to the interface that Kysely's driver expects. */
function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: returnsRows(statement, sql),
        all: (parameters) => statement.all(...bind(parameters)),
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)) as IterableIterator<unknown>,
      };
    },
  };
}

/** Matches statements that return rows; a write returns rows when it has a RETURNING clause. */
const rowsPattern = /^\s*(select|pragma|values|explain)\b|^\s*with\b(?!.*\b(insert|update|delete)\b)|\breturning\b/is;

/** SQLite knows this, but Node exposes it only since version 22.16. Earlier versions fall back to the text. */
function returnsRows(statement: StatementSync, sql: string): boolean {
  const { columns } = statement as Partial<StatementSync>;
  return columns === undefined ? rowsPattern.test(sql) : columns.call(statement).length > 0;
}
