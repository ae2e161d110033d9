import type { Kysely } from "kysely";

/** One step of the schema, as Kysely's migrator takes it. */
export interface Migration {
  up(db: Kysely<unknown>): Promise<void>;
}

export interface MigrationOutcome {
  readonly error?: unknown;
  /** One for each migration; undefined when none was begun. */
  readonly results?: readonly unknown[];
}

/** The part of Kysely's migrator that is used. Its types are in another module in 0.29 than in 0.28. */
type MigratorClass = new (options: {
  readonly db: unknown;
  readonly provider: { getMigrations(): Promise<Record<string, Migration>> };
  readonly migrationTableName: string;
  readonly migrationLockTableName: string;
}) => { migrateToLatest(): Promise<MigrationOutcome> };

/** Home of the migrator since 0.29. Not a literal at the import, because 0.28 has no such module. */
const migrationModule: string = "kysely/migration";

/** Loads the migrator, which Kysely 0.28 exports from its main module. */
export async function loadMigrator(): Promise<MigratorClass> {
  const main: object = await import("kysely");
  const home = "Migrator" in main ? main : await import(/* @vite-ignore */ migrationModule);
  return (home as { Migrator: MigratorClass }).Migrator;
}
