import type { SignalboxTables } from "@signalbox/server/sql";
import { type Kysely, type Migration, Migrator } from "kysely";

/** The job of a task: the work to do, so that it can resume after a restart. */
export interface JobRow {
  task_id: string;
  owner_id: string;
  kind: string;
  /** JSON. */
  input: string;
  state: "waiting" | "running" | "done";
  /** A cancelled job stops between two images. */
  cancel_requested: 0 | 1;
  /** How often the server died while the job was running. */
  crashes: number;
  created_at: string;
}

/** One uploaded image and its result. */
export interface ImageRow {
  task_id: string;
  position: number;
  /** The name that the user gave it: for display, never a path. */
  name: string;
  /** Name of the file in the task's upload folder. */
  file: string;
  bytes: number;
  /** JSON of the converted image, null until then. */
  result: string | null;
}

/** A browser from which a user signed in. */
interface DeviceRow {
  user_id: string;
  token_hash: string;
  seen_at: string;
}

export interface WorkbenchTables extends SignalboxTables {
  workbench_job: JobRow;
  workbench_image: ImageRow;
  workbench_device: DeviceRow;
}

const migrations: Record<string, Migration> = {
  "0001_jobs": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("workbench_job")
        .addColumn("task_id", "varchar(128)", (column) => column.primaryKey())
        .addColumn("owner_id", "varchar(128)", (column) => column.notNull())
        .addColumn("kind", "varchar(32)", (column) => column.notNull())
        .addColumn("input", "text", (column) => column.notNull())
        .addColumn("state", "varchar(16)", (column) => column.notNull())
        .addColumn("cancel_requested", "integer", (column) => column.notNull().defaultTo(0))
        .addColumn("created_at", "varchar(32)", (column) => column.notNull())
        .execute();
      await db.schema.createIndex("workbench_job_state").on("workbench_job").columns(["state", "created_at"]).execute();
      await db.schema
        .createTable("workbench_image")
        .addColumn("task_id", "varchar(128)", (column) => column.notNull())
        .addColumn("position", "integer", (column) => column.notNull())
        .addColumn("name", "varchar(255)", (column) => column.notNull())
        .addColumn("file", "varchar(64)", (column) => column.notNull())
        .addColumn("bytes", "integer", (column) => column.notNull())
        .addColumn("result", "text")
        .addPrimaryKeyConstraint("workbench_image_key", ["task_id", "position"])
        .execute();
    },
  },
  "0002_devices": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("workbench_device")
        .addColumn("user_id", "varchar(128)", (column) => column.notNull())
        .addColumn("token_hash", "varchar(64)", (column) => column.notNull())
        .addColumn("seen_at", "varchar(32)", (column) => column.notNull())
        .addPrimaryKeyConstraint("workbench_device_key", ["user_id", "token_hash"])
        .execute();
    },
  },
  "0003_crashes": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("workbench_job")
        .addColumn("crashes", "integer", (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
};

/** Migrates the workbench's own tables. */
export async function migrateWorkbench(db: Kysely<WorkbenchTables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: "workbench_migration",
    migrationLockTableName: "workbench_migration_lock",
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`The workbench's tables could not be brought up to date: ${error}.`);
}
