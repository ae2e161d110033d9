import { type Kysely, SqliteAdapter, sql } from "kysely";
import type { Migration } from "./migrator.ts";

/**
 * The tables of Signalbox, in SQL that SQLite and PostgreSQL share: times as ISO 8601 text, JSON as text.
 * A released migration is never changed: a new one follows it.
 */
export const migrations: Record<string, Migration> = {
  "0001_tasks": {
    async up(db: Kysely<unknown>) {
      await listedTable(db, "signalbox_task")
        .addColumn("owner_id", "varchar(128)", (column) => column.notNull())
        .addColumn("status", "varchar(16)", (column) => column.notNull())
        .addColumn("version", "bigint", (column) => column.notNull())
        .execute();
      await index(db, "signalbox_task", ["owner_id", "at", "id"]);
      await index(db, "signalbox_task", ["at", "id"]);
    },
  },
  "0002_security_events": {
    async up(db: Kysely<unknown>) {
      await listedTable(db, "signalbox_security_event")
        .addColumn("type", "varchar(32)", (column) => column.notNull())
        .addColumn("count", "bigint", (column) => column.notNull())
        .execute();
      await index(db, "signalbox_security_event", ["at", "id"]);
    },
  },
  "0003_probe": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("signalbox_probe")
        .addColumn("side", "integer", (column) => column.notNull())
        .execute();
      await sql`insert into signalbox_probe (side) values (0)`.execute(db);
    },
  },
  "0004_notifications": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("signalbox_notice")
        .addColumn("serial", "bigint", (column) => column.primaryKey())
        .addColumn("audience", "varchar(160)", (column) => column.notNull())
        .addColumn("expires_at", "varchar(32)", (column) => column.notNull())
        .addColumn("json", "text", (column) => column.notNull())
        .execute();
      await index(db, "signalbox_notice", ["audience", "serial"]);
      await index(db, "signalbox_notice", ["expires_at"]);
      await db.schema
        .createTable("signalbox_notice_clock")
        .addColumn("serial", "bigint", (column) => column.notNull())
        .execute();
      await sql`insert into signalbox_notice_clock (serial) values (0)`.execute(db);
      await db.schema
        .createTable("signalbox_ledger")
        .addColumn("user_id", "varchar(128)", (column) => column.primaryKey())
        .addColumn("serial", "bigint", (column) => column.notNull())
        .addColumn("last_seq", "bigint", (column) => column.notNull())
        .addColumn("delivered_seq", "bigint", (column) => column.notNull())
        .addColumn("acknowledged_seq", "bigint", (column) => column.notNull())
        .addColumn("read_seq", "bigint", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("signalbox_ledger_entry")
        .addColumn("user_id", "varchar(128)", (column) => column.notNull())
        .addColumn("seq", "bigint", (column) => column.notNull())
        .addColumn("serial", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("signalbox_ledger_entry_key", ["user_id", "seq"])
        .execute();
      await index(db, "signalbox_ledger_entry", ["serial"]);
    },
  },
  "0006_blocks": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("signalbox_block")
        .addColumn("place", "varchar(160)", (column) => column.primaryKey())
        .addColumn("until", "varchar(32)", (column) => column.notNull())
        .addColumn("json", "text", (column) => column.notNull())
        .execute();
    },
  },
  "0007_notice_escalations": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("signalbox_escalation")
        .addColumn("serial", "bigint", (column) => column.primaryKey())
        .addColumn("due_at", "varchar(32)", (column) => column.notNull())
        .addColumn("tries", "integer", (column) => column.notNull())
        .execute();
      await index(db, "signalbox_escalation", ["due_at"]);
    },
  },
  "0008_longer_ids": {
    async up(db: Kysely<unknown>) {
      // SQLite does not enforce the length of a column, and cannot change it.
      if (db.getExecutor().adapter instanceof SqliteAdapter) return;
      const columns = { signalbox_task: "owner_id", signalbox_ledger: "user_id", signalbox_ledger_entry: "user_id" };
      for (const [table, column] of Object.entries(columns)) await widen(db, table, column, 256);
      // `user:` or `role:` precedes an id.
      await widen(db, "signalbox_notice", "audience", 288);
      await widen(db, "signalbox_block", "place", 288);
    },
  },
};

const widen = (db: Kysely<unknown>, table: string, column: string, length: number) =>
  db.schema
    .alterTable(table)
    .alterColumn(column, (change) => change.setDataType(sql.raw(`varchar(${length})`)))
    .execute();

const listedTable = (db: Kysely<unknown>, name: string) =>
  db.schema
    .createTable(name)
    .addColumn("id", "varchar(128)", (column) => column.primaryKey())
    .addColumn("at", "varchar(32)", (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .addColumn("json", "text", (column) => column.notNull());

const index = (db: Kysely<unknown>, table: string, columns: string[]) =>
  db.schema
    .createIndex(`${table}_${columns.join("_")}`)
    .on(table)
    .columns(columns)
    .execute();
