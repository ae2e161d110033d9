import {
  isFinal,
  type Page,
  type PageRequest,
  type SecurityEvent,
  type TaskSnapshot,
  taskStatuses,
} from "@signalbox/protocol";
import { type Kysely, Migrator, type SelectQueryBuilder, sql } from "kysely";
import type { Store } from "../ports.ts";
import { decodeCursor, defaultLimit, encodeCursor } from "./cursor.ts";
import { migrations } from "./migrations.ts";

export { openSqlite, type SqliteFile } from "./node-sqlite.ts";

/** What every listed table has: `at` and `id` to page by, a text to search in, and the object itself as JSON. */
interface ListedRow {
  id: string;
  at: string;
  search_text: string;
  json: string;
}

/** The tables of Signalbox, for applications that share the database. */
export interface SignalboxTables {
  signalbox_task: ListedRow & { owner_id: string; status: string; version: number };
  signalbox_security_event: ListedRow & { type: string };
}

interface SqlStoreOptions {
  /** Lines of the security log that are kept: SIGNALBOX_SECURITY_LOG_ROWS. Default 100,000. */
  readonly maxSecurityEvents?: number;
}

/** Rows are pruned now and then, not with every write. */
const pruneEvery = 100;

const activeStatuses = taskStatuses.filter((status) => !isFinal(status));

/**
 * Keeps everything in SQL through Kysely, and brings the tables up to date first. A promise resolves after the commit;
 * a task's row is only ever replaced by a newer version, whoever comes first.
 * @throws Error when a migration fails
 */
export async function createSqlStore<Tables extends SignalboxTables>(
  kysely: Kysely<Tables>,
  { maxSecurityEvents = 100_000 }: SqlStoreOptions = {},
): Promise<Store> {
  const db = kysely as unknown as Kysely<SignalboxTables>;
  await migrate(db);
  let writesSincePrune = 0;

  async function prune(): Promise<void> {
    writesSincePrune = 0;
    const newest = db.selectFrom("signalbox_security_event").select("id").orderBy("at", "desc").orderBy("id", "desc");
    const oldestKept = await newest
      .offset(maxSecurityEvents - 1)
      .limit(1)
      .executeTakeFirst();
    if (oldestKept === undefined) return;
    await db.deleteFrom("signalbox_security_event").where("id", "<", oldestKept.id).execute();
  }

  return {
    tasks: {
      async get(taskId) {
        const row = await db.selectFrom("signalbox_task").select("json").where("id", "=", taskId).executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.json) as TaskSnapshot);
      },
      async put(task) {
        const { task_id: id, created_at: at, owner_id, status, version } = task;
        const search_text = searchText(id, task.title, task.kind, owner_id, status);
        const changing = { owner_id, status, version, search_text, json: JSON.stringify(task) };
        await db
          .insertInto("signalbox_task")
          .values({ id, at, ...changing })
          .onConflict((conflict) =>
            conflict.column("id").doUpdateSet(changing).where("signalbox_task.version", "<", version),
          )
          .execute();
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
        if (events.length === 0) return;
        const rows = events.map((event) => ({
          id: event.id,
          at: event.at,
          type: event.type,
          search_text: searchText(event.detail, event.ip, event.user_id, event.type, event.code, event.event),
          json: JSON.stringify(event),
        }));
        await db
          .insertInto("signalbox_security_event")
          .values(rows)
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ json: ({ ref }) => ref("excluded.json") }))
          .execute();
        writesSincePrune += rows.length;
        if (writesSincePrune >= Math.min(pruneEvery, maxSecurityEvents)) await prune();
      },
      list({ type, ...page }) {
        let query = db.selectFrom("signalbox_security_event");
        if (type !== undefined) query = query.where("type", "=", type);
        return readPage<SecurityEvent>(query, page);
      },
    },

    async ping() {
      await sql`select 1`.execute(db);
    },
    close: () => db.destroy(),
  };
}

async function migrate(db: Kysely<SignalboxTables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: "signalbox_migration",
    migrationLockTableName: "signalbox_migration_lock",
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`The tables could not be brought up to date: ${error}.`, { cause: error });
}

const searchText = (...texts: readonly (string | undefined)[]): string => texts.join("\n").toLowerCase();

/** Newest first, by time and then id, from the cursor on. */
async function readPage<Row>(query: unknown, { after, limit = defaultLimit, filter }: PageRequest): Promise<Page<Row>> {
  let matching = query as SelectQueryBuilder<{ listed: ListedRow }, "listed", object>;
  // `replace` rather than `like`, so that a filter of `%` finds a percent sign, in SQLite and PostgreSQL alike.
  if (filter) matching = matching.where(sql<boolean>`replace(search_text, ${filter.toLowerCase()}, '') <> search_text`);
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
    .limit(limit + 1)
    .execute();
  const { total } = await matching.select(({ fn }) => fn.countAll().as("total")).executeTakeFirstOrThrow();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ json }) => JSON.parse(json) as Row),
    next: last !== undefined && rows.length > limit ? encodeCursor(last) : null,
    // A count is a bigint in some drivers, which JSON cannot carry.
    total: Number(total),
  };
}
