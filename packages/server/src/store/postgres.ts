import { Kysely, PostgresDialect } from "kysely";
import { Pool, types } from "pg";
import { systemClock } from "../clock.ts";
import { createDependency } from "../metrics/dependency.ts";
import type { Log } from "../ports.ts";

/** What a connection or a statement may take: a database that does not answer is an error to its users, not a wait. */
const patienceMs = 5000;

/** The type of `bigint` in PostgreSQL's catalogue (pg_type). */
const bigintType = 20;

interface PostgresOptions {
  readonly log: Log;
  /** Connections at a time. Default 10. */
  readonly maxConnections?: number;
}

/** A PostgreSQL database. */
export interface PostgresDatabase<Tables> {
  /** For `createSqlStore`, and for the application's own tables. Destroying it closes the pool. */
  readonly kysely: Kysely<Tables>;
  /** For whoever speaks to `pg` directly. */
  readonly pool: Pool;
}

/**
 * Opens a PostgreSQL for `createSqlStore`. Nothing is connected yet: the first statement does that, and fails where it
 * cannot. A `bigint` comes as a number: none of Signalbox' is above 2^53.
 * @param url - such as DATABASE_URL: `postgres://user:password@host:5432/name`
 */
export function openPostgres<Tables>(
  url: string,
  { log, maxConnections = 10 }: PostgresOptions,
): PostgresDatabase<Tables> {
  const pool = new Pool({
    connectionString: url,
    max: maxConnections,
    keepAlive: true,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    statement_timeout: patienceMs,
    idle_in_transaction_session_timeout: patienceMs,
    types: {
      getTypeParser: (oid: number, format?: "text" | "binary") =>
        oid === bigintType ? Number : types.getTypeParser(oid, format as "text"),
    },
  });
  // A connection that breaks is an event, which ends the process if nobody listens: of the pool while it is idle, of the
  // client itself while it is in use. The next statement opens another one.
  const health = createDependency({ name: "database", clock: systemClock, log });
  pool.on("error", health.failed);
  pool.on("connect", (client) => {
    health.answered();
    client.on("error", health.failed);
  });
  return { kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), pool };
}
