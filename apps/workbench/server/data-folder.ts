import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The files of the workbench. */
export interface DataFolder {
  readonly database: string;
  /** Contains a folder for each task with uploads. */
  readonly allUploads: string;
  /** A task's uploaded images. */
  uploads(taskId: string): string;
  /** A task's converted images. */
  results(taskId: string): string;
  /** A key that survives restarts, generated on the first start: for installations without SIGNALBOX_SECRET. */
  secret(): string;
  /** Writes a password to a file that only the server's user can read. Returns the path of the file. */
  keepPassword(password: string): string;
}

/** @throws Error with one sentence that names the folder when it is not writable */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path);
  const allUploads = join(root, "uploads");
  try {
    mkdirSync(allUploads, { recursive: true });
    mkdirSync(join(root, "results"), { recursive: true });
    writeFileSync(join(root, ".writable"), "");
  } catch (error) {
    throw new Error(`The data folder ${root} (DATA_DIR) cannot be written to: ${(error as Error).message}.`);
  }
  return {
    database: join(root, "workbench.sqlite"),
    allUploads,
    uploads: (taskId) => join(allUploads, taskId),
    results: (taskId) => join(root, "results", taskId),
    keepPassword(password) {
      const file = join(root, "first-administrator-password");
      // Removed first, because an existing file would keep its mode.
      rmSync(file, { force: true });
      writeFileSync(file, `${password}\n`, { mode: 0o600, flag: "wx" });
      return file;
    },
    secret() {
      const file = join(root, "secret");
      try {
        return readFileSync(file, "utf8").trim();
      } catch {
        const secret = randomBytes(32).toString("base64url");
        writeFileSync(file, secret, { mode: 0o600 });
        return secret;
      }
    },
  };
}
