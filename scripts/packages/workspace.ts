/** The packages that are published, read from their manifests. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Record<string, Record<string, string>>;
  readonly bin?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly [field: string]: unknown;
}

/** Folders of the published packages, such as `packages/server`. A package comes after those that it depends on. */
export function packageFolders(root: string): string[] {
  const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).sort();
  const needs = (folder: string) => Object.keys(readManifest(join(root, folder)).dependencies ?? {});
  const nameOf = (folder: string) => readManifest(join(root, folder)).name;
  const ordered: string[] = [];
  const add = (folder: string): void => {
    if (ordered.includes(folder)) return;
    for (const other of folders) if (needs(folder).includes(nameOf(other))) add(other);
    ordered.push(folder);
  };
  folders.forEach(add);
  return ordered;
}

/** Reads `package.json` of a folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
