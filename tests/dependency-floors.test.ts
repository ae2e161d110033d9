/** The version ranges of Socket.IO's own packages admit versions with known holes: none of them may be installed, in any copy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));

const floors = { "socket.io": "4.8.4", "engine.io": "6.6.12", "socket.io-parser": "4.2.7", ws: "8.21.0" };

/** npm's own list of what it has installed, nested copies included. */
const installed = Object.keys(readJson("node_modules/.package-lock.json").packages);

function isAtLeast(version: string, floor: string): boolean {
  const [given, least] = [version, floor].map((text) => text.split(".").map(Number)) as [number[], number[]];
  for (const [index, part] of least.entries()) {
    const own = given[index] ?? Number.NaN;
    if (own !== part) return own > part;
  }
  return true;
}

describe.each(Object.entries(floors))("%s", (name, floor) => {
  it(`is ${floor} or later wherever it is installed`, () => {
    const copies = installed.filter(
      (path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`),
    );
    expect(copies.length).toBeGreaterThan(0);
    for (const copy of copies) {
      const { version } = readJson(join(copy, "package.json"));
      expect(isAtLeast(version, floor), `${copy} is ${version}`).toBe(true);
    }
  });
  it("is as SECURITY.md says", () => {
    expect(readFileSync(join(root, "SECURITY.md"), "utf8")).toContain(`\`${name}\` ${floor}`);
  });
});

it("versions are compared as numbers, and a preview is none", () => {
  const judge = (version: string) => isAtLeast(version, "8.21.0");
  expect(["8.21.0", "8.21.10", "8.100.0", "9.0.0"].map(judge)).toEqual([true, true, true, true]);
  expect(["8.20.9", "8.3.0", "7.99.0", "8.21.0-rc.1"].map(judge)).toEqual([false, false, false, false]);
});
