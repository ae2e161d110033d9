/** Pages that name parts of the code are held to it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { refusalCodes, refusals } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("docs/components.md", () => {
  const rows = read("docs/components.md")
    .split("\n")
    .filter((line) => /^\| (?!-|ancestor|then)/.test(line));

  it("has a row for every component of the ancestor", () => {
    expect(rows).toHaveLength(12 + 7);
  });
  it.each(rows.map((row) => [row.split("|")[1]?.trim() ?? "", row]))(
    "%s: every file exists, every test tests",
    (_name, row) => {
      const files = [...row.matchAll(/`((?:apps|packages)\/[^`]+)`/g)].map(([, file = ""]) => file);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        expect(existsSync(join(root, file)), file).toBe(true);
        if (file.endsWith(".test.ts")) expect(read(file)).toMatch(/\b(it|test)(\.each|\()/);
      }
      const proof = row.split("|").at(-2) ?? "";
      expect(proof).toMatch(/\.test\.ts`/);
    },
  );
});

describe("docs/errors.md", () => {
  it("explains every code, and no other", () => {
    const documented = [...read("docs/errors.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
    expect(documented).toEqual(refusalCodes);
  });
  it("every code is raised somewhere in the server", () => {
    const sources = globSync("packages/server/src/**/*.ts", { cwd: root }).map(read).join("\n");
    for (const code of refusalCodes) expect(sources, code).toMatch(new RegExp(`"${code}"`));
    expect(Object.keys(refusals)).toEqual(refusalCodes);
  });
});

describe("pages", () => {
  it("link only to files that exist", () => {
    const pages = globSync(["*.md", "docs/**/*.md"], { cwd: root });
    for (const page of pages) {
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        expect(existsSync(join(root, page, "..", target)), `${page} -> ${target}`).toBe(true);
      }
    }
  });
});
