/** An application that has nothing but the tarballs. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Packed } from "../../scripts/packages/pack.ts";
import { readManifest } from "../../scripts/packages/workspace.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

interface LockEntry {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}
/** A package of this repository. */
type Source = Pick<Packed, "name" | "folder">;
type Lock = Readonly<Record<string, LockEntry>>;

const quiet = { npm_config_prefer_offline: "true", npm_config_audit: "false", npm_config_fund: "false" };

/** The environment in which npm uses its cache, and prints nothing but errors. */
export const npmEnvironment = { ...process.env, ...quiet, npm_config_loglevel: "error" };

/**
 * Installs the tarballs as `npm install ./a.tgz ./b.tgz` does in an empty folder. The versions of what they depend on are
 * those of this repository's lock file, which `npm ci` has put in npm's cache: it works without a network.
 */
export async function installTarballs(folder: string, packed: readonly Packed[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const project = { name: "stranger", version: "1.0.0", private: true, type: "module" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  lockVersions(folder, packed);
  await run("npm", ["install", ...packed.map(({ tarball }) => tarball)], { cwd: folder, env: npmEnvironment });
}

/** Writes a lock file with this repository's versions of what the packages, and others beside them, depend on. */
export function lockVersions(folder: string, packed: readonly Source[], beside: readonly string[] = []): void {
  const lock: Lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const others = { dependencies: Object.fromEntries(beside.map((name) => [name, "*"])) };
  const packages = { "": {}, ...reachable(lock, packed, others) };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
}

/** Of a lock file what the packages depend on, at any depth. */
function reachable(lock: Lock, packed: readonly Source[], others: LockEntry): Lock {
  const ours = new Set(packed.map(({ name }) => name));
  const found: Record<string, LockEntry> = {};
  const add = (from: string, entry: LockEntry): void => {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const path = nearest(lock, from, name);
      const next = path === undefined ? undefined : lock[path];
      if (path === undefined || next === undefined || path in found || ours.has(name)) continue;
      found[path] = next;
      add(path, next);
    }
  };
  for (const { folder } of packed) add("", readManifest(folder));
  add("", others);
  return found;
}

/** Where Node finds a package from a folder of the tree. */
function nearest(lock: Lock, from: string, name: string): string | undefined {
  const path = join(from, "node_modules", name);
  if (path in lock) return path;
  const above = from.lastIndexOf("node_modules");
  return above < 0 ? undefined : nearest(lock, from.slice(0, above).replace(/\/$/, ""), name);
}

/** Adds packages to an application as if it had installed them: this repository has them already. */
export function linkPackages(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(homeOf(name), link);
  }
}

function homeOf(name: string): string {
  const places = createRequire(join(root, "packages/server/package.json")).resolve.paths(name) ?? [];
  const home = places.map((place) => join(place, name)).find((path) => existsSync(path));
  if (home === undefined) throw new Error(`${name} is not installed in this repository: run npm ci.`);
  return home;
}

/** Runs a program in an application, and returns what it printed. */
export async function runIn(
  folder: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  try {
    return (await run(command, args, { cwd: folder, env })).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args[0] ?? ""} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
