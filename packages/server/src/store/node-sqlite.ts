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

/** At the start nothing else runs yet, so waiting for a lock may block. */
const openTimeoutMs = 5000;

/** Later on a wait inside SQLite would stop the whole process: only as long as a short lock lasts. */
const busyTimeoutMs = 20;

/** An open SQLite database: for Kysely, and as Node's own handle. */
export interface SqliteFile<Tables> {
  /**
   * For everybody who shares the file, each with tables of their own (Better Auth: `{ db: kysely, type: "sqlite" }`).
   * It keeps transactions apart and waits for locks without blocking.
   */
  readonly kysely: Kysely<Tables>;
  /** The one connection below. Statements run here directly join whatever transaction `kysely` has open. */
  readonly database: DatabaseSync;
}

/**
 * Opens or creates a SQLite file through `node:sqlite`, which needs no native module of its own.
 * Write-ahead log with `synchronous=FULL`: what is acknowledged survives a power cut (sqlite.org/pragma.html).
 * @param path - a file, whose folder is made when missing, or `:memory:`
 * @throws Error with one sentence that names the path
 */
export function openSqlite<Tables = unknown>(path: string): SqliteFile<Tables> {
  const database = open(path);
  return { kysely: new Kysely<Tables>({ dialect: dialectOf(database) }), database };
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Loaded on use: the module prints a warning when it is loaded, and PostgreSQL stores do not need it.
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

/** Kysely's adapter, but migrations run in a transaction, which SQLite has for tables as well: wholly or not at all. */
class MigratingAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Kysely's driver, but a statement that meets another process's lock lets everything else go on while it waits, and a
 * transaction takes the lock for writing when it begins: one that had read before could not go on after another process
 * had written (SQLITE_BUSY_SNAPSHOT, sqlite.org/rescode.html), such as two that make the tables of one new file.
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

/** What Kysely's driver expects of a database, in terms of Node's. */
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

/** Statements that return rows; a change returns rows when it has a RETURNING clause. */
const rowsPattern = /^\s*(select|pragma|values|explain)\b|^\s*with\b(?!.*\b(insert|update|delete)\b)|\breturning\b/is;

/** SQLite itself knows, but Node tells it from version 22.16 on only; before, the text has to do. */
function returnsRows(statement: StatementSync, sql: string): boolean {
  const { columns } = statement as Partial<StatementSync>;
  return columns === undefined ? rowsPattern.test(sql) : columns.call(statement).length > 0;
}
