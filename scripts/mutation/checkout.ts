import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { copyFiles } from "../copy-files.ts";

/** A copy of the checkout whose sources are mutated, so that a run that is killed leaves no mutant behind. */
export interface Copy {
  readonly folder: string;
  remove(): void;
}

/**
 * Copies the files, and links what is installed. The links to the workspaces are made anew:
 * through those of the checkout, tests would import its sources instead of the mutated ones.
 */
export function copyCheckout(root: string): Copy {
  const { folder, files } = copyFiles(root, "signalbox-mutation-");
  const packages = new Set(files.filter((file) => file.endsWith("package.json")).map(dirname));
  for (const each of packages) linkModules(join(root, each, "node_modules"), join(folder, each, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function linkModules(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === "@signalbox") cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith(".") || name === ".bin") symlinkSync(join(from, name), join(to, name));
  }
}
