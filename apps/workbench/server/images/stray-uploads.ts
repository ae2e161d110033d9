import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { DataFolder } from "../data-folder.ts";
import type { WorkbenchTables } from "../database.ts";

/** What a crash between the arrival of images and the making of their job left: nobody will ever ask for it. */
export async function removeStrayUploads(db: Kysely<WorkbenchTables>, folder: DataFolder): Promise<void> {
  const jobs = db.selectFrom("workbench_job").select("task_id");
  const known = new Set((await jobs.execute()).map(({ task_id }) => task_id));
  for (const name of await readdir(folder.allUploads)) {
    if (!known.has(name)) await rm(join(folder.allUploads, name), { recursive: true, force: true });
  }
  await db.deleteFrom("workbench_image").where("task_id", "not in", jobs).execute();
}
