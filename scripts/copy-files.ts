import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Copies the files of a checkout that git tracks, or would add, into a new temporary folder.
 * @param prefix - how the folder's name begins
 * @returns the folder, and the paths in it
 */
export function copyFiles(
  root: string,
  prefix: string,
): { readonly folder: string; readonly files: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = spawnSync("git", listing, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
  // A file that was deleted, and not yet in git, is listed too.
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of files) cpSync(join(root, file), join(folder, file));
  return { folder, files };
}
