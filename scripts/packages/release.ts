/** What a release changes, as a plan that can be shown before it is written. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageFolders, readManifest } from "./workspace.ts";

export interface Plan {
  /** Every file that changes, and what it becomes. */
  readonly files: ReadonlyMap<string, string>;
  /** What stands in the way, each with what to do; empty when nothing does. */
  readonly problems: readonly string[];
}

/** What git says of the checkout. */
export interface Checkout {
  readonly branch: string;
  /** Files that are changed or new. */
  readonly changed: readonly string[];
  readonly tags: readonly string[];
  /** The public address of the repository, as {@link repositoryAt} returns it; undefined when there is none. */
  readonly origin: string | undefined;
}

/** What is used of a package's manifest, or of its entry in the lock file. */
interface Entry {
  readonly name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  repository?: { type: "git"; url: string; directory: string };
}

/**
 * @param root - the checkout's folder
 * @param version - such as `0.2.0`
 * @param date - such as `2026-12-01`
 */
export function planRelease(root: string, version: string, date: string, checkout: Checkout): Plan {
  const problems = [...problemsOf(checkout, version)];
  const files = new Map<string, string>();
  const folders = packageFolders(root);
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const names = new Set(folders.map((folder) => readManifest(join(root, folder)).name));

  for (const folder of folders) {
    const current = readManifest(join(root, folder)).version;
    if (isOlder(version, current))
      problems.push(`${folder} is ${current} already, which is later than ${version}: choose a later version.`);
  }
  const { workspaces }: { workspaces: string[] } = JSON.parse(read("package.json"));
  const manifests = workspaces.map((folder) => `${folder}/package.json`);
  for (const file of globSync(manifests, { cwd: root }).sort()) {
    const manifest = withVersion(JSON.parse(read(file)), version, names);
    const { origin } = checkout;
    // npm's provenance statement is refused unless the manifest names the repository that the workflow runs in.
    if (names.has(String(manifest.name)) && origin !== undefined)
      manifest.repository = { type: "git", url: origin, directory: dirname(file) };
    files.set(file, asJson(manifest));
  }
  const lock = JSON.parse(read("package-lock.json"));
  for (const [path, entry] of Object.entries<Entry>(lock.packages))
    if (!path.includes("node_modules/")) lock.packages[path] = withVersion(entry, version, names);
  files.set("package-lock.json", asJson(lock));
  for (const file of globSync("packages/*/src/{,core/}version.ts", { cwd: root }).sort())
    files.set(file, read(file).replace(/version = "[^"]*"/, `version = "${version}"`));

  const dated = dateEntry(read("CHANGELOG.md"), version, date);
  if (dated === undefined)
    problems.push(`CHANGELOG.md has nothing to release: write what changed under "## [Unreleased]".`);
  else files.set("CHANGELOG.md", dated);
  return { files: new Map([...files].filter(([file, text]) => text !== read(file))), problems };
}

function* problemsOf({ branch, changed, tags, origin }: Checkout, version: string): Iterable<string> {
  if (changed.length > 0) yield `The tree is not clean (${changed.join(", ")}): commit that, or put it away.`;
  if (branch !== "main") yield `This is branch ${branch}: releases are made of main. git switch main`;
  if (tags.includes(`v${version}`)) yield `v${version} is there already: choose a later version.`;
  if (origin === undefined)
    yield "The packages cannot say where their source is, for others cannot reach origin: git remote set-url origin https://… (add, where there is none)";
}

/** A manifest, or its entry in the lock file: our packages get the version, and everybody a range that admits it. */
function withVersion(manifest: Entry, version: string, names: ReadonlySet<string>): Entry {
  const released = { ...manifest };
  if (names.has(String(manifest.name))) released.version = version;
  for (const kind of ["dependencies", "devDependencies", "peerDependencies"] as const) {
    const wanted = manifest[kind];
    if (wanted === undefined) continue;
    const set = Object.entries(wanted).map(([name, range]) => [name, names.has(name) ? `^${version}` : range]);
    released[kind] = Object.fromEntries(set);
  }
  return released;
}

/** Dates what was not released, if anything stands there. */
function dateEntry(changelog: string, version: string, date: string): string | undefined {
  const number = version.replaceAll(".", "\\.");
  const entry = new RegExp(
    `^## \\[(?:Unreleased|${number})\\](?: - unreleased)?\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`,
    "m",
  );
  const [all, content = ""] = entry.exec(changelog) ?? [];
  if (all === undefined || content.trim() === "") return undefined;
  return changelog.replace(all, () => `## [${version}] - ${date}\n${content}`);
}

function isOlder(version: string, than: string): boolean {
  const [own, other] = [version, than].map((text) => text.split(".").map(Number)) as [number[], number[]];
  const differing = own.findIndex((part, index) => part !== other[index]);
  return differing >= 0 && (own[differing] ?? 0) < (other[differing] ?? 0);
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A git remote as a manifest names it: reachable for everyone, without credentials. Undefined for a local remote. */
export function repositoryAt(origin: string): string | undefined {
  const address = origin.replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/]/, "https://$1/");
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url.protocol === "https:" ? `git+${url.href}` : undefined;
}
