import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import type { Log } from "../core/ports.ts";

/** How long to wait for a new connection, or for one to become free. */
const connectionTimeoutMs = 5000;

/** PostgreSQL cancels a statement before `queryTimeoutMs`, so that it does not continue when no caller waits for it. */
const statementTimeoutMs = 4000;

/** After this time the server no longer waits for the answer: the database is frozen, or the network is down. */
const queryTimeoutMs = 5000;

/** A process that stops within a transaction must not keep other processes waiting for its locks. */
const idleTransactionTimeoutMs = 10_000;

interface PostgresOptions {
  /** Receives a warning for each connection that breaks. */
  readonly log: Pick<Log, "warn">;
  /** Maximum number of connections. Default 10. */
  readonly maxConnections?: number;
}

/** An open PostgreSQL database, as a Kysely instance and its connection pool. */
export interface PostgresDatabase<Tables> {
  /** For all libraries that share the database, each with its own tables. Its `destroy` closes the connections. */
  readonly kysely: Kysely<Tables>;
  readonly pool: pg.Pool;
}

/**
 * Opens connections to PostgreSQL on demand. While the database is unreachable or does not answer, statements fail
 * within ten seconds; when it is back, they work again. Columns of type bigint are read as numbers: no value of
 * Signalbox exceeds 2^53.
 * @param url - `postgresql://user:password@host:5432/database`, with `?sslmode=…` where it needs TLS
 * @throws Error when `url` is not such an address. An unreachable database fails only at the first statement
 */
export function openPostgres<Tables = unknown>(url: string, options: PostgresOptions): PostgresDatabase<Tables> {
  const { log, maxConnections = 10 } = options;
  // The address contains a password, so the error does not repeat it.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error("The address of PostgreSQL must look like postgresql://user:password@host:5432/database.");
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    keepAlive: true,
    connectionTimeoutMillis: connectionTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
    types: { getTypeParser },
  });
  // An `error` event without a listener ends the process. When a connection breaks while it is idle, the pool and the
  // connection emit `error`; between two statements of a transaction, only the connection does.
  pool.on("connect", (client) => {
    client.on("error", (error) => log.warn({ err: error }, "A connection to PostgreSQL broke."));
  });
  pool.on("error", () => {});
  return { kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withoutLost(pool) }) }), pool };
}

/**
 * The pool for Kysely. A connection on which an answer was late counts as lost: it may still be busy, or be broken for
 * the quarter of an hour that TCP takes to notice. No further statement uses it, not even a rollback, and it does not
 * return to the pool.
 */
const withoutLost = (pool: pg.Pool): PostgresPool => ({
  async connect() {
    const client = await pool.connect();
    let lost: Error | undefined;
    async function query(text: string, parameters: readonly unknown[]) {
      if (lost !== undefined) throw lost;
      try {
        return await client.query(text, [...parameters]);
      } catch (error) {
        if (error instanceof Error && error.message === "Query read timeout") lost = error;
        throw error;
      }
    }
    // Kysely can also query through a cursor, but only with a package that is not passed to it here.
    return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release(lost) };
  },
  end: () => pool.end(),
});

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: "text" | "binary") =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format as "text");
