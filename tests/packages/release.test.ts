/** A release, made in a small repository of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { repositoryAt } from "../../scripts/packages/stage.ts";

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

function commit(): void {
  git("add", "-A");
  git("commit", "--quiet", "-m", "A change");
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
  write("packages/server/src/version.ts", 'export const version = "0.1.0";\n');
  write("examples/one/package.json", example);
  const installed = { "node_modules/ws": { version: "0.1.0" } };
  write("package-lock.json", {
    packages: { "": {}, "packages/server": server, "examples/one": example, ...installed },
  });
  write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Something.\n\n## [0.1.0] - 2026-11-27\n\n- The first.\n");
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "Somebody");
  git("config", "user.email", "somebody@example.com");
  git("remote", "add", "origin", "https://example.com/signalbox.git");
  commit();
});

it("a dry run names every file that would change, and changes none", () => {
  const { status, stdout } = release("0.2.0", "--dry-run");
  expect(status).toBe(0);
  expect(stdout.split("\n").filter((line) => line.startsWith("  "))).toEqual(
    [
      "examples/one/package.json",
      "packages/protocol/package.json",
      "packages/server/package.json",
      "package-lock.json",
      "packages/server/src/version.ts",
      "CHANGELOG.md",
    ].map((file) => `  ${file}`),
  );
  expect(stdout).toContain("Nothing was done");
  expect(git("status", "--porcelain")).toBe("");
  expect(git("tag", "--list")).toBe("");
});

it("a release sets versions and ranges, dates the changelog, commits, tags, and says how to publish", () => {
  const { status, stdout } = release("0.2.0");
  expect(status).toBe(0);
  const released = { ...server, version: "0.2.0", dependencies: { "@signalbox/protocol": "^0.2.0", ws: "^8.0.0" } };
  expect(readJson("packages/protocol/package.json")).toEqual({ ...wire, version: "0.2.0" });
  expect(readJson("packages/server/package.json")).toEqual(released);
  expect(readJson("examples/one/package.json")).toEqual({
    ...example,
    dependencies: { "@signalbox/server": "^0.2.0" },
  });
  expect(readJson("package-lock.json").packages["packages/server"]).toEqual(released);
  expect(readJson("package-lock.json").packages["node_modules/ws"].version).toBe("0.1.0");
  expect(read("packages/server/src/version.ts")).toBe('export const version = "0.2.0";\n');
  expect(read("CHANGELOG.md")).toMatch(/^## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n- Something\.\n\n## \[0\.1\.0\]/m);
  expect(git("log", "-1", "--format=%s")).toBe("Release 0.2.0");
  expect(git("describe")).toBe("v0.2.0");
  expect(git("status", "--porcelain")).toBe("");
  const publish = [
    "git push origin main v0.2.0",
    "npm run pack",
    "npm publish ./dist/packages/protocol",
    "npm publish ./dist/packages/server",
  ];
  expect(
    stdout
      .split("\n")
      .map((line) => line.trim())
      .slice(-5, -1),
  ).toEqual(publish);
});

it("the first release dates the entry that was written for it", () => {
  write("CHANGELOG.md", "# Changelog\n\n## [0.1.0] - unreleased\n\n- The first.\n");
  commit();
  expect(release("0.1.0").status).toBe(0);
  expect(read("CHANGELOG.md")).toMatch(/^## \[0\.1\.0\] - \d{4}-\d\d-\d\d\n\n- The first\.\n$/m);
  expect(git("describe")).toBe("v0.1.0");
});

it("packages that fail their tests are not released", () => {
  write("test.mjs", "process.exit(1);\n");
  commit();
  const { status, stderr } = release("0.2.0");
  expect(status).toBe(1);
  expect(stderr).toContain("git restore .");
  expect(git("tag", "--list")).toBe("");
  expect(git("log", "-1", "--format=%s")).toBe("A change");
});

it.each<[string, string, () => void, RegExp]>([
  ["no version", "next", () => {}, /"next" is no version: npm run release -- 0\.2\.0/],
  ["a version that was", "0.0.9", () => {}, /packages\/server is 0\.1\.0 already, .* choose a later version/],
  ["a tag that is there", "0.2.0", () => git("tag", "v0.2.0"), /v0\.2\.0 is there already: choose/],
  ["a file that is not committed", "0.2.0", () => write("new.txt", "x"), /not clean \(new\.txt\): commit that/],
  ["another branch", "0.2.0", () => git("switch", "--quiet", "-c", "idea"), /branch idea: .* git switch main/],
  ["no origin", "0.2.0", () => git("remote", "remove", "origin"), /git remote add origin/],
  ["an origin on this machine", "0.2.0", () => git("remote", "set-url", "origin", folder), /nothing that others reach/],
])("refused, with what to do: %s", (_what, version, change, reason) => {
  change();
  const { status, stderr } = release(version);
  expect(status).toBe(1);
  expect(stderr).toMatch(reason);
  expect(git("log", "-1", "--format=%s")).toBe("A change");
});

it("refused, with what to do: a changelog that says nothing, beside whatever else is wrong", () => {
  write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-27\n\n- The first.\n");
  const { status, stderr } = release("0.2.0");
  expect(status).toBe(1);
  expect(stderr).toMatch(/write what changed under "## \[Unreleased\]"/);
  expect(stderr).toMatch(/not clean/);
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
