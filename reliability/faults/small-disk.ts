import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A file system of a few megabytes, that can be filled up to the last byte. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  free(): void;
  remove(): void;
}

/** Undefined where mounting is not permitted. */
export function openSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], { stdio: "ignore" });
  if (mounted.status !== 0) return undefined;
  const filler = join(folder, "filler");

  return {
    folder,
    fill() {
      const file = openSync(filler, "a");
      for (let size = 1 << 20; size >= 1; size >>= 4) while (grows(file, size));
      closeSync(file);
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => void spawnSync("umount", ["-l", folder], { stdio: "ignore" }),
  };
}

function grows(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
