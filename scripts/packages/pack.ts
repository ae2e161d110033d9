import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { packageFolders, stagePackage } from "./stage.ts";

export interface Packed {
  /** The package's name, such as `@signalbox/server`. */
  readonly name: string;
  /** Where its files lie as they are published. */
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

/** What `npm pack --json` prints of each package. */
interface NpmPack {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Lays every package of `packages/` out in a folder of `target`, and packs them there.
 * @throws Error when a package is not built, or npm fails
 */
export function packPackages(root: string, target: string): Packed[] {
  mkdirSync(target, { recursive: true });
  const staged = packageFolders(root).map((folder) => {
    const name = basename(folder);
    stagePackage(root, folder, join(target, name));
    return `./${name}`;
  });
  const { status, stdout, stderr } = spawnSync("npm", ["pack", ...staged, "--json"], { cwd: target, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const packed: NpmPack[] = Object.values(JSON.parse(stdout));
  return packed.map(({ name, filename, size, unpackedSize, files }) => ({
    ...{ name, folder: join(target, name.replace(/^.*\//, "")) },
    tarball: join(target, filename),
    files: files.map(({ path }) => path),
    ...{ packedBytes: size, unpackedBytes: unpackedSize },
  }));
}
