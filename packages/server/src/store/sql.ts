import {
  isFinal,
  isNewer,
  type Page,
  type PageRequest,
  type SecurityEvent,
  type TaskSnapshot,
  taskStatuses,
} from "@signalbox/protocol";
import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import type { Store, StoredBlock } from "../core/ports.ts";
import { decodeCursor, encodeCursor, pageSize } from "./cursor.ts";
import { isDatabaseError } from "./database-error.ts";
import { migrations } from "./migrations.ts";
import { loadMigrator, type MigrationOutcome } from "./migrator.ts";
import { searchable, securityEventText, taskText } from "./search-text.ts";
import { createSqlNotifications, type NotificationTables } from "./sql-notifications.ts";
import { batchWrites } from "./write-batching.ts";

export { openSqlite, type SqliteFile } from "./node-sqlite.ts";

/** The columns of every listed table: `at` and `id` for paging, a text to search, and the object itself as JSON. */
interface ListedRow {
  id: string;
  at: string;
  search_text: string;
  json: string;
}

/** The tables of Signalbox, for applications that share the database. */
export interface SignalboxTables extends NotificationTables {
  signalbox_task: ListedRow & { owner_id: string; status: string; version: number };
  signalbox_security_event: ListedRow & { type: string; count: number };
  signalbox_block: { place: string; until: string; json: string };
}

interface SqlStoreOptions {
  /** Maximum number of stored lines of the security log: SIGNALBOX_SECURITY_LOG_ROWS. Default 100,000. */
  readonly maxSecurityEvents?: number;
}

/** The security log is pruned after this many written rows, not with every write. */
const pruneEvery = 100;

/** Databases limit the parameters of a statement (SQLite: 32,766; sqlite.org/limits.html). */
const rowsPerStatement = 500;

const activeStatuses = taskStatuses.filter((status) => !isFinal(status));

/**
 * Stores everything in SQL through Kysely, after migrating the tables. A promise resolves after the commit. Only a
 * newer version replaces a task's row, whatever the order of writes. The store's `close` closes the database.
 * @throws Error when a migration fails
 */
export async function createSqlStore<Tables extends SignalboxTables>(
  kysely: Kysely<Tables>,
  { maxSecurityEvents = 100_000 }: SqlStoreOptions = {},
): Promise<Store> {
  const db = kysely as unknown as Kysely<SignalboxTables>;
  await migrate(db);
  let writesSincePrune = 0;
  let writesFail = false;
  let pinging: Promise<void> | undefined;

  /** Runs a statement that writes, and records for readiness whether it succeeded. */
  async function write<Result>(statement: { execute(): Promise<Result> }): Promise<Result> {
    try {
      const result = await statement.execute();
      writesFail = false;
      return result;
    } catch (error) {
      writesFail = true;
      throw error;
    }
  }

  const putTask = batchWrites<TaskSnapshot>({
    keyOf: ({ task_id }) => task_id,
    isNewer,
    maxRows: rowsPerStatement,
    isDatabaseError,
    write: putTasks,
  });

  async function putTasks(tasks: readonly TaskSnapshot[]): Promise<TaskSnapshot[]> {
    const ids = new Set(tasks.map(({ task_id }) => task_id));
    for (const { id } of await write(upsertOf(tasks))) ids.delete(id);
    if (ids.size === 0) return [];
    const rows = await db
      .selectFrom("signalbox_task")
      .select("json")
      .where("id", "in", [...ids])
      .execute();
    return rows.map(({ json }) => JSON.parse(json) as TaskSnapshot);
  }

  const upsertOf = (tasks: readonly TaskSnapshot[]) =>
    db
      .insertInto("signalbox_task")
      // Always in the same order: two nodes that lock the same rows in opposite orders would deadlock.
      .values(tasks.map(taskRow).sort((a, b) => (a.id < b.id ? -1 : 1)))
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet(({ ref }) => ({
            owner_id: ref("excluded.owner_id"),
            status: ref("excluded.status"),
            version: ref("excluded.version"),
            search_text: ref("excluded.search_text"),
            json: ref("excluded.json"),
          }))
          .whereRef("excluded.version", ">", "signalbox_task.version")
          .where("signalbox_task.status", "in", activeStatuses),
      )
      .returning("id");

  async function putSecurityEvents(events: readonly SecurityEvent[]): Promise<void> {
    const values = events.map((event) => ({
      id: event.id,
      at: event.at,
      type: event.type,
      count: event.count,
      search_text: securityEventText(event),
      json: JSON.stringify(event),
    }));
    await write(
      db
        .insertInto("signalbox_security_event")
        .values(values)
        .onConflict((conflict) =>
          conflict
            .column("id")
            .doUpdateSet({ count: ({ ref }) => ref("excluded.count"), json: ({ ref }) => ref("excluded.json") })
            .whereRef("excluded.count", ">", "signalbox_security_event.count"),
        ),
    );
  }

  async function prune(): Promise<void> {
    const newestFirst = db.selectFrom("signalbox_security_event").select(["at", "id"]).orderBy("at", "desc");
    const newestTooMany = await newestFirst.orderBy("id", "desc").offset(maxSecurityEvents).limit(1).executeTakeFirst();
    if (newestTooMany === undefined) return;
    const { at, id } = newestTooMany;
    await write(
      db
        .deleteFrom("signalbox_security_event")
        .where(({ eb, or, and }) => or([eb("at", "<", at), and([eb("at", "=", at), eb("id", "<=", id)])])),
    );
  }

  return {
    tasks: {
      async get(taskId) {
        const row = await db.selectFrom("signalbox_task").select("json").where("id", "=", taskId).executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.json) as TaskSnapshot);
      },
      put: putTask,
      async remove(taskId) {
        await write(db.deleteFrom("signalbox_task").where("id", "=", taskId));
      },
      list({ ownerId, active, ...page }) {
        let query = db.selectFrom("signalbox_task");
        if (ownerId !== undefined) query = query.where("owner_id", "=", ownerId);
        if (active) query = query.where("status", "in", activeStatuses);
        return readPage<TaskSnapshot>(query, page);
      },
    },

    securityEvents: {
      async put(events) {
        for (let start = 0; start < events.length; start += rowsPerStatement) {
          await putSecurityEvents(events.slice(start, start + rowsPerStatement));
        }
        writesSincePrune += events.length;
        if (writesSincePrune < pruneEvery) return;
        writesSincePrune = 0;
        await prune();
      },
      list({ type, severity, user_id, ip, ...page }) {
        let query = db.selectFrom("signalbox_security_event");
        if (type !== undefined) query = query.where("type", "=", type);
        for (const [field, value] of Object.entries({ severity, user_id, ip })) {
          if (value === undefined) continue;
          // Searches the JSON, without a column for each. No client text can imitate the pair: JSON escapes quotes.
          const pair = JSON.stringify({ [field]: value }).slice(1, -1);
          query = query.where(sql<boolean>`replace(json, ${pair}, '') <> json`);
        }
        return readPage<SecurityEvent>(query, page);
      },
    },

    blocks: {
      async list(now) {
        const rows = await db.selectFrom("signalbox_block").select("json").where("until", ">", now).execute();
        return rows.map(({ json }) => JSON.parse(json) as StoredBlock);
      },
      async put(block) {
        const row = { place: block.place, until: block.until, json: JSON.stringify(block) };
        await write(
          db
            .insertInto("signalbox_block")
            .values(row)
            .onConflict((conflict) => conflict.column("place").doUpdateSet({ until: row.until, json: row.json })),
        );
        await write(db.deleteFrom("signalbox_block").where("until", "<=", block.since));
      },
      async remove(place) {
        await write(db.deleteFrom("signalbox_block").where("place", "=", place));
      },
    },

    notifications: createSqlNotifications(db),

    ping() {
      // Concurrent callers share one probe: a locked database must not accumulate a queue of probes.
      pinging ??= write({ execute: async () => void (await writeProbe(writesFail).execute(db)) }).finally(() => {
        pinging = undefined;
      });
      return pinging;
    },
    close: () => db.destroy(),
  };
}

const taskRow = (task: TaskSnapshot): SignalboxTables["signalbox_task"] => ({
  id: task.task_id,
  at: task.created_at,
  owner_id: task.owner_id,
  status: task.status,
  version: task.version,
  search_text: taskText(task),
  json: JSON.stringify(task),
});

/** How long another process may migrate the tables before this one gives up. */
const migrationPatienceMs = 10 * 60_000;

/** SQLSTATE of a statement that exceeded `statement_timeout` (postgresql.org/docs/current/errcodes-appendix.html). */
const queryCanceled = "57014";

async function migrate(db: Kysely<SignalboxTables>): Promise<void> {
  const Migrator = await loadMigrator();
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: "signalbox_migration",
    migrationLockTableName: "signalbox_migration_lock",
  });
  const deadline = performance.now() + migrationPatienceMs;
  let outcome: MigrationOutcome;
  // No results mean that the migration lock was not free within the statement timeout: another process migrates.
  do outcome = await migrator.migrateToLatest();
  while (outcome.results === undefined && isCanceled(outcome.error) && performance.now() < deadline);
  const { error } = outcome;
  if (error === undefined) return;
  const reason = error instanceof Error ? error.message : String(error);
  throw new Error(`The tables of Signalbox cannot be brought up to date: ${reason}.`, { cause: error });
}

const isCanceled = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === queryCanceled;

/**
 * Takes the write lock, so that a locked or read-only database is detected. Writes a row only after a write has failed
 * (disk full): any client may request readiness, and must not cause writes by it. The value must change, because SQLite
 * does not write an unchanged value.
 */
const writeProbe = (touchRow: boolean): RawBuilder<unknown> =>
  sql`update signalbox_probe set side = 1 - side where ${touchRow ? 1 : 0} = 1`;

/** Reads a page after the cursor, newest first, sorted by time and then id. */
async function readPage<Row>(query: unknown, { after, limit, filter = "" }: PageRequest): Promise<Page<Row>> {
  let matching = query as SelectQueryBuilder<{ listed: ListedRow }, "listed", object>;
  // `replace` rather than `like`, so that a filter of `%` finds a percent sign, in SQLite and PostgreSQL alike.
  const needle = searchable(filter);
  if (needle !== "") matching = matching.where(sql<boolean>`replace(search_text, ${needle}, '') <> search_text`);
  const size = pageSize(limit);
  const cursor = decodeCursor(after);
  const following =
    cursor === undefined
      ? matching
      : matching.where(({ eb, or, and }) =>
          or([eb("at", "<", cursor.at), and([eb("at", "=", cursor.at), eb("id", "<", cursor.id)])]),
        );
  const rows = await following
    .select(["at", "id", "json"])
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(size + 1)
    .execute();
  const { total } = await matching.select(({ fn }) => fn.countAll().as("total")).executeTakeFirstOrThrow();
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    rows: page.map(({ json }) => JSON.parse(json) as Row),
    next: last !== undefined && rows.length > size ? encodeCursor(last) : null,
    // Some drivers return a count as bigint, which JSON does not support.
    total: Number(total),
  };
}
