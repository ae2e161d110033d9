/**
 * `npm run release -- 0.2.0 [--dry-run]`: sets the version everywhere, dates the changelog, tests the packages, commits and
 * tags. It publishes nothing: it prints how. With --dry-run it says what it would do.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Checkout, planRelease, repositoryAt } from "./packages/release.ts";
import { packageFolders } from "./packages/workspace.ts";

const root = process.cwd();
const { positionals, values } = parseArgs({ allowPositionals: true, options: { "dry-run": { type: "boolean" } } });
const [version = ""] = positionals;
if (!/^\d+\.\d+\.\d+$/.test(version))
  refuse([`"${version}" is no version: npm run release -- 0.2.0, three numbers and nothing else.`]);

const { files, problems } = planRelease(root, version, new Date().toISOString().slice(0, 10), checkout());
if (problems.length > 0) refuse(problems);

console.log(`Release ${version} changes:\n${[...files.keys()].map((file) => `  ${file}`).join("\n")}`);
if (values["dry-run"]) {
  console.log(`\nThen npm run test:packages, a commit and the tag v${version}. Nothing was done: this was a dry run.`);
} else {
  for (const [file, text] of files) writeFileSync(join(root, file), text);
  run("npm", ["run", "--silent", "test:packages"], "git restore . takes the release back.");
  run("git", ["commit", "--quiet", "-am", `Release ${version}`], "git restore . takes the release back.");
  run("git", ["tag", "-a", `v${version}`, "-m", `Signalbox ${version}`], "The commit is made: make the tag by hand.");
  const workspaces = packageFolders(root).map((folder) => `-w ${folder}`);
  console.log(
    [
      "\nCommitted and tagged. What publishes it:",
      `git push origin main v${version}`,
      "The workflow release.yml then publishes with provenance. By hand, from a clean clone:",
      `npm ci && npm publish ${workspaces.join(" ")}`,
    ].join("\n  "),
  );
}

function checkout(): Checkout {
  const lines = (...args: string[]): string[] =>
    git(...args)
      .split("\n")
      .filter((line) => line !== "");
  return {
    branch: git("branch", "--show-current").trim(),
    changed: lines("status", "--porcelain").map((line) => line.slice(3)),
    tags: lines("tag", "--list"),
    origin: originUrl(),
  };
}

/** A checkout may have no remote: the plan then says what to do. */
function originUrl(): string | undefined {
  const { status, stdout } = spawnSync("git", ["remote", "get-url", "origin"], { cwd: root, encoding: "utf8" });
  return status === 0 ? repositoryAt(stdout.trim()) : undefined;
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) refuse([`git ${args[0]} failed: ${stderr.trim()}. Releases are made in a git checkout.`]);
  return stdout;
}

function run(command: string, args: readonly string[], otherwise: string): void {
  if (spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0) return;
  refuse([`${command} ${args.slice(0, 3).join(" ")} failed; see above. ${otherwise}`]);
}

function refuse(reasons: readonly string[]): never {
  console.error(reasons.map((reason) => `Not released: ${reason}`).join("\n"));
  process.exit(1);
}
