import { setting } from "@signalbox/server";

/** Settings of the workbench, parsed by the same rules as those of Signalbox. */
export const workbenchSettings = {
  dataDir: setting.text("DATA_DIR", "./data", "Folder for the database, uploads and results."),
  databaseUrl: setting.optionalText(
    "DATABASE_URL",
    "PostgreSQL to keep everything in, such as postgres://user:password@host/name; without it an SQLite file in DATA_DIR. Several nodes need it.",
    { secret: true },
  ),
  adminEmail: setting.text(
    "ADMIN_EMAIL",
    "admin@example.com",
    "E-mail address of the administrator made at the first start.",
  ),
  adminPassword: setting.optionalText(
    "ADMIN_PASSWORD",
    "Password of that administrator. Without it one is made up: printed once in development, and in production written to first-administrator-password in DATA_DIR.",
    { secret: true, minLength: 10 },
  ),
  retentionDays: setting.integer(
    "WORKBENCH_RETENTION_DAYS",
    30,
    "Days after which ended tasks are removed with their images. Uploaded originals are removed when their batch ends.",
    { min: 1, max: 3650 },
  ),
  taskConcurrency: setting.integer("TASK_CONCURRENCY", 2, "Tasks that run at the same time.", { min: 1, max: 64 }),
} as const;
