import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { DataFolder } from "../data-folder.ts";
import type { WorkbenchTables } from "../database.ts";

/** Removes files that a crash left and that no job needs: images whose job was never created, or has ended. */
export async function removeStrayUploads(db: Kysely<WorkbenchTables>, folder: DataFolder): Promise<void> {
  const jobs = db.selectFrom("workbench_job").select("task_id");
  const unfinished = await jobs.where("state", "!=", "done").execute();
  const needed = new Set(unfinished.map(({ task_id }) => task_id));
  for (const name of await readdir(folder.allUploads)) {
    if (!needed.has(name)) await rm(join(folder.allUploads, name), { recursive: true, force: true });
  }
  await db.deleteFrom("workbench_image").where("task_id", "not in", jobs).execute();
}
