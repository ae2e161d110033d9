import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A copy of the checkout whose sources are mutated, so that a run that is killed leaves no mutant behind. */
export interface Copy {
  readonly folder: string;
  remove(): void;
}

/**
 * Copies the files that git knows or would add, and links what is installed. The links to the workspaces are made anew:
 * through those of the checkout, tests would import its sources instead of the mutated ones.
 */
export function copyCheckout(root: string): Copy {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-mutation-"));
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = spawnSync("git", listing, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of files) cpSync(join(root, file), join(folder, file));

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
