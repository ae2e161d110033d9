import type { Kysely } from "kysely";

/** One schema migration, in the form that Kysely's migrator expects. */
export interface Migration {
  up(db: Kysely<unknown>): Promise<void>;
}

export interface MigrationOutcome {
  readonly error?: unknown;
  /** One result for each migration; undefined when no migration was started. */
  readonly results?: readonly unknown[];
}

/** The part of Kysely's migrator that Signalbox uses. Kysely 0.28 and 0.29 export its types from different modules. */
type MigratorClass = new (options: {
  readonly db: unknown;
  readonly provider: { getMigrations(): Promise<Record<string, Migration>> };
  readonly migrationTableName: string;
  readonly migrationLockTableName: string;
}) => { migrateToLatest(): Promise<MigrationOutcome> };

/** The module of the migrator since 0.29. Not a literal in the import, because 0.28 has no such module. */
const migrationModule: string = "kysely/migration";

/** Loads the migrator, which Kysely 0.28 exports from its main module. */
export async function loadMigrator(): Promise<MigratorClass> {
  const main: object = await import("kysely");
  const home = "Migrator" in main ? main : await import(/* @vite-ignore */ migrationModule);
  return (home as { Migrator: MigratorClass }).Migrator;
}
