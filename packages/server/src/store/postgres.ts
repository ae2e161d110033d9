import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import type { Log } from "../core/ports.ts";

/** How long to wait for a connection: to be made, or to become free. */
const connectionTimeoutMs = 5000;

/** PostgreSQL ends a statement itself first, so that it does not go on for nobody. */
const statementTimeoutMs = 4000;

/** Then we no longer wait for the answer: the database is frozen, or the network gone. */
const queryTimeoutMs = 5000;

/** A process that stops within a transaction must not keep its locks from the others. */
const idleTransactionTimeoutMs = 10_000;

interface PostgresOptions {
  /** Hears of connections that broke. */
  readonly log: Pick<Log, "warn">;
  /** Connections at the most. Default 10. */
  readonly maxConnections?: number;
}

/** An open PostgreSQL database: for Kysely, and the connections below. */
export interface PostgresDatabase<Tables> {
  /** For everybody who shares the database, each with tables of their own. Its `destroy` closes the connections. */
  readonly kysely: Kysely<Tables>;
  readonly pool: pg.Pool;
}

/**
 * Opens connections to PostgreSQL, as they are needed. A database that is away, or does not answer, makes statements
 * fail within ten seconds; when it is back, they work again. Numbers of type bigint come as numbers: none of ours
 * exceeds 2^53.
 * @param url - `postgresql://user:password@host:5432/database`, with `?sslmode=…` where it needs TLS
 * @throws Error when it is no such address; that nobody answers there shows with the first statement
 */
export function openPostgres<Tables = unknown>(url: string, options: PostgresOptions): PostgresDatabase<Tables> {
  const { log, maxConnections = 10 } = options;
  // The address holds a password: it is not repeated.
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
  // An error that nobody listens to ends the process. A connection can break while it is idle, which the pool tells,
  // and between two statements of a transaction, which only the connection tells; it does so in both cases.
  pool.on("connect", (client) => {
    client.on("error", (error) => log.warn({ err: error }, "A connection to PostgreSQL broke."));
  });
  pool.on("error", () => {});
  return { kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withoutLost(pool) }) }), pool };
}

/**
 * The pool for Kysely. A connection on which an answer did not come in time is lost: it may still be busy, or lead
 * nowhere for the quarter of an hour that TCP takes to notice. It is asked nothing more, not even to roll back, and
 * does not return to the pool.
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
    // Kysely's other way to ask, through a cursor, takes a package that nobody hands to it here.
    return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release(lost) };
  },
  end: () => pool.end(),
});

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: "text" | "binary") =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format as "text");
