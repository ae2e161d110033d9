/** A release, made in a small repository of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Checkout, planRelease, repositoryAt } from "../../scripts/packages/release.ts";

const script = join(import.meta.dirname, "../../scripts/release.ts");
let folder = "";

const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const readJson = (file: string) => JSON.parse(read(file));

function write(file: string, content: string | object): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

function release(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
}

const wire = { name: "@signalbox/protocol", version: "0.1.0" };
const server = {
  name: "@signalbox/server",
  version: "0.1.0",
  dependencies: { "@signalbox/protocol": "^0.1.0", ws: "^8.0.0" },
};
const example = { name: "example", version: "0.1.0", private: true, dependencies: { "@signalbox/server": "^0.1.0" } };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "release-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  write("package.json", { workspaces: ["packages/*", "examples/*"], scripts: { "test:packages": "node test.mjs" } });
  write("test.mjs", "");
  write("packages/protocol/package.json", wire);
  write("packages/server/package.json", server);
  write("packages/server/src/core/version.ts", 'export const version = "0.1.0";\n');
  write("examples/one/package.json", example);
  const installed = { "node_modules/ws": { version: "0.1.0" } };
  write("package-lock.json", {
    packages: { "": {}, "packages/server": server, "examples/one": example, ...installed },
  });
  write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Something.\n\n## [0.1.0] - 2026-11-27\n\n- The first.\n");
});

function initialise(): void {
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "Somebody");
  git("config", "user.email", "somebody@example.com");
  git("remote", "add", "origin", "https://example.com/signalbox.git");
  git("add", "-A");
  git("commit", "--quiet", "-m", "A change");
}

it("a dry run names every file that would change, and changes none", () => {
  initialise();
  const { status, stdout } = release("0.2.0", "--dry-run");
  expect(status).toBe(0);
  expect(stdout.split("\n").filter((line) => line.startsWith("  "))).toEqual(
    [
      "examples/one/package.json",
      "packages/protocol/package.json",
      "packages/server/package.json",
      "package-lock.json",
      "packages/server/src/core/version.ts",
      "CHANGELOG.md",
    ].map((file) => `  ${file}`),
  );
  expect(stdout).toContain("Nothing was done");
  expect(git("status", "--porcelain")).toBe("");
  expect(git("tag", "--list")).toBe("");
});

it("a release sets versions and ranges, dates the changelog, commits, tags, and says how to publish", () => {
  initialise();
  const { status, stdout } = release("0.2.0");
  expect(status).toBe(0);
  const released = { ...server, version: "0.2.0", dependencies: { "@signalbox/protocol": "^0.2.0", ws: "^8.0.0" } };
  const repository = (directory: string) => ({ type: "git", url: "git+https://example.com/signalbox.git", directory });
  expect(readJson("packages/protocol/package.json")).toEqual({
    ...wire,
    version: "0.2.0",
    repository: repository("packages/protocol"),
  });
  expect(readJson("packages/server/package.json")).toEqual({ ...released, repository: repository("packages/server") });
  expect(readJson("examples/one/package.json")).toEqual({
    ...example,
    dependencies: { "@signalbox/server": "^0.2.0" },
  });
  expect(readJson("package-lock.json").packages["packages/server"]).toEqual(released);
  expect(readJson("package-lock.json").packages["node_modules/ws"].version).toBe("0.1.0");
  expect(read("packages/server/src/core/version.ts")).toBe('export const version = "0.2.0";\n');
  expect(read("CHANGELOG.md")).toMatch(/^## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n- Something\.\n\n## \[0\.1\.0\]/m);
  expect(git("log", "-1", "--format=%s")).toBe("Release 0.2.0");
  expect(git("describe")).toBe("v0.2.0");
  expect(git("status", "--porcelain")).toBe("");
  const publish = [
    "git push origin main v0.2.0",
    "The workflow release.yml then publishes with provenance. By hand, from a clean clone:",
    "npm ci && npm publish -w packages/protocol -w packages/server",
  ];
  expect(
    stdout
      .split("\n")
      .map((line) => line.trim())
      .slice(-4, -1),
  ).toEqual(publish);
});

it("packages that fail their tests are not released", () => {
  write("test.mjs", "process.exit(1);\n");
  initialise();
  const { status, stderr } = release("0.2.0");
  expect(status).toBe(1);
  expect(stderr).toContain("git restore .");
  expect(git("tag", "--list")).toBe("");
  expect(git("log", "-1", "--format=%s")).toBe("A change");
});

it("a release that cannot be made reports everything that stands in the way at once, and changes nothing", () => {
  initialise();
  git("switch", "--quiet", "-c", "idea");
  git("remote", "set-url", "origin", folder);
  write("new.txt", "x");
  const { status, stderr } = release("0.2.0");
  expect(status).toBe(1);
  expect(stderr).toMatch(/not clean \(new\.txt\): commit that/);
  expect(stderr).toMatch(/branch idea: .* git switch main/);
  expect(stderr).toMatch(/others cannot reach origin: git remote set-url origin/);
  expect(git("log", "-1", "--format=%s")).toBe("A change");
});

it("a version has three numbers", () => {
  expect(release("next").stderr).toMatch(/"next" is no version: npm run release -- 0\.2\.0/);
});

describe("a plan", () => {
  const ready: Checkout = { branch: "main", changed: [], tags: ["v0.1.0"], origin: "git+https://example.com" };
  const plan = (version: string, checkout = ready) => planRelease(folder, version, "2026-12-01", checkout);

  it("has no problem with a checkout that is ready", () => {
    expect(plan("0.2.0").problems).toEqual([]);
  });
  it("dates the entry that was written for the first release", () => {
    write("CHANGELOG.md", "# Changelog\n\n## [0.1.0] - unreleased\n\n- The first.\n");
    const { files, problems } = plan("0.1.0", { ...ready, tags: [] });
    expect(problems).toEqual([]);
    expect(files.get("CHANGELOG.md")).toBe("# Changelog\n\n## [0.1.0] - 2026-12-01\n\n- The first.\n");
  });
  it("refuses a version that was, and one that is tagged", () => {
    expect(plan("0.0.9").problems).toContainEqual(
      expect.stringMatching(/server is 0\.1\.0 already, .* choose a later/),
    );
    expect(plan("0.1.0").problems).toContainEqual(expect.stringMatching(/v0\.1\.0 is there already: choose a later/));
    expect(plan("0.10.0").problems).toEqual([]);
  });
  it("refuses a changelog that says nothing", () => {
    write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-27\n\n- The first.\n");
    expect(plan("0.2.0").problems).toEqual([expect.stringMatching(/write what changed under "## \[Unreleased\]"/)]);
  });
});

it.each([
  ["https://example.com/our/signalbox.git", "git+https://example.com/our/signalbox.git"],
  ["https://somebody:secret@example.com/our/signalbox.git", "git+https://example.com/our/signalbox.git"],
  ["git@example.com:our/signalbox.git", "git+https://example.com/our/signalbox.git"],
  ["ssh://git@example.com/our/signalbox.git", "git+https://example.com/our/signalbox.git"],
  ["/srv/signalbox", undefined],
  ["file:///srv/signalbox", undefined],
])("the origin %s is named as %s in a manifest", (origin, repository) => {
  expect(repositoryAt(origin)).toBe(repository);
});
