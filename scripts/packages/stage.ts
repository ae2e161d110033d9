/**
 * Lays out what strangers get of a package: its files without source maps, the texts that belong to it, and a manifest
 * without what only this checkout can use.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files?: readonly string[];
  readonly exports?: Record<string, Record<string, string>>;
  readonly bin?: Record<string, string>;
  readonly sideEffects?: boolean | readonly string[];
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly [field: string]: unknown;
}

/** Folders of the packages that are published, such as `packages/server`, in the order in which they build on another. */
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

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/**
 * Copies a built package into an empty folder, from which npm packs and publishes it.
 * @throws Error when the package is not built
 */
export function stagePackage(root: string, folder: string, target: string): void {
  const source = join(root, folder);
  const manifest = readManifest(source);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const text of ["LICENSE", "CHANGELOG.md"]) cpSync(join(root, text), join(target, text));
  if (!existsSync(join(source, "README.md"))) throw new Error(`${folder} has no README.md: write one.`);
  cpSync(join(source, "README.md"), join(target, "README.md"));
  for (const file of publishedFiles(source, manifest)) {
    if (!existsSync(join(source, file))) throw new Error(`${folder}/${file} does not exist: run npm run build.`);
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), withoutMapLink(readFileSync(join(source, file), "utf8")));
  }
  const published = publishedManifest(manifest, folder, originOf(root));
  writeFileSync(join(target, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
}

/** Of `dist` what the sources make today: the compiler leaves what it made of files that are gone. */
function publishedFiles(source: string, { files = [] }: Manifest): string[] {
  return files.flatMap((entry) => {
    if (entry !== "dist") return globSync(`${entry}/**/*.*`, { cwd: source });
    return globSync("src/**/*.ts", { cwd: source }).flatMap((file) => {
      const made = file.replace(/^src/, "dist").replace(/\.ts$/, "");
      return [`${made}.js`, `${made}.d.ts`];
    });
  });
}

function withoutMapLink(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*\n?/m, "");
}

/** The condition `source` leads to files that are not packed, and other workspaces use that name for their own. */
function publishedManifest(manifest: Manifest, folder: string, repository: string | undefined): object {
  const { devDependencies: _dev, scripts: _scripts, exports = {}, sideEffects, ...rest } = manifest;
  const entries = Object.entries(exports).map(([path, { "@signalbox/source": _source, ...conditions }]) => [
    path,
    conditions,
  ]);
  return {
    ...rest,
    ...(Array.isArray(sideEffects)
      ? { sideEffects: sideEffects.filter((file) => !file.startsWith("./src/")) }
      : { sideEffects }),
    ...(entries.length > 0 && { exports: Object.fromEntries(entries) }),
    ...(repository !== undefined && { repository: { type: "git", url: repository, directory: folder } }),
    // npm packs a README and a licence by itself, and no changelog.
    files: [...(manifest.files ?? []), "CHANGELOG.md"],
    publishConfig: { access: "public" },
  };
}

/** Where this checkout comes from is written down once, in git. */
export function originOf(root: string): string | undefined {
  const { status, stdout } = spawnSync("git", ["remote", "get-url", "origin"], { cwd: root, encoding: "utf8" });
  return status === 0 ? repositoryAt(stdout.trim()) : undefined;
}

/** An origin as a manifest names it: how everybody reaches it, without what only this machine may know. */
export function repositoryAt(origin: string): string | undefined {
  const address = origin.replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/]/, "https://$1/");
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url.protocol === "https:" ? `git+${url.href}` : undefined;
}
