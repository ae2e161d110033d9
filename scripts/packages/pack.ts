import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageFolders, readManifest } from "./workspace.ts";

export interface Packed {
  /** The package's name, such as `@signalbox/server`. */
  readonly name: string;
  /** The package's own folder, which holds the packed files. */
  readonly folder: string;
  /** The tarball's path. */
  readonly tarball: string;
  readonly files: readonly string[];
  readonly unpackedBytes: number;
}

/** The part of what `npm pack --json` prints that is used here. */
interface NpmPack {
  readonly name: string;
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs every published package into a folder, as `npm pack -w packages/NAME` does. Each package's `prepack` compiles it.
 * @throws Error when npm fails
 */
export function packPackages(root: string, target: string): Packed[] {
  mkdirSync(target, { recursive: true });
  const folders = new Map(packageFolders(root).map((folder) => [readManifest(join(root, folder)).name, folder]));
  const workspaces = [...folders.values()].flatMap((folder) => ["-w", folder]);
  const args = ["pack", ...workspaces, "--json", "--pack-destination", target, "--loglevel=error"];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed: ${stdout}${stderr}`);
  const packed: NpmPack[] = Object.values(JSON.parse(stdout));
  return packed.map(({ name, filename, unpackedSize, files }) => ({
    name,
    folder: join(root, folders.get(name) as string),
    tarball: join(target, filename),
    files: files.map(({ path }) => path),
    unpackedBytes: unpackedSize,
  }));
}
