/** Pages that name parts of the code are held to it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RefusalCode, refusalCodes, refusals } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { httpStatusOf } from "../packages/server/src/core/refusal.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("the command line tool", () => {
  const unscoped = /\bnpx\b(?: -\S+)* signalbox\b/;

  it("is named with its scope in every text, because npx would install another package", () => {
    const texts = globSync(["*.md", "{apps,bench,deploy,docs,examples,packages,reliability,scripts,tests}/**/*.*"], {
      cwd: root,
      exclude: ["**/node_modules", "**/dist", "docs/api"],
    }).filter((path) => /\.(md|[mc]?[tj]sx?|json|yml|html)$/.test(path));
    expect(texts.length).toBeGreaterThan(500);
    expect(texts.filter((path) => unscoped.test(read(path)))).toEqual([]);
  });
  it("has one command, which npx runs for the name of the package", () => {
    const { name, bin } = JSON.parse(read("packages/cli/package.json")) as { name: string; bin: object };
    expect(name).toBe("@signalbox/cli");
    expect(Object.keys(bin)).toHaveLength(1);
  });
});

describe("docs/components.md", () => {
  const rows = read("docs/components.md")
    .split("\n")
    .filter((line) => /^\| (?!-|Flask-SocketIO|then)/.test(line));

  it("has a row for every component of the legacy application", () => {
    expect(rows).toHaveLength(13 + 7);
  });
  it.each(rows.map((row) => [row.split("|")[1]?.trim() ?? "", row]))(
    "%s: every file exists, and every test file has a test",
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
  it("gives each code the HTTP status that the server answers with", () => {
    const rows = [...read("docs/errors.md").matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
    const documented = rows.map(([, code, status]) => [code, Number(status)]);
    expect(documented).toEqual(refusalCodes.map((code) => [code, httpStatusOf(code)]));
  });
  it("every code is raised somewhere in the server", () => {
    const sources = globSync("packages/server/src/**/*.ts", { cwd: root }).map(read).join("\n");
    for (const code of refusalCodes) expect(sources, code).toMatch(new RegExp(`"${code}"`));
    expect(Object.keys(refusals)).toEqual(refusalCodes);
  });
});

describe("docs/lifecycle.md", () => {
  const source = "packages/server/src";
  const page = read("docs/lifecycle.md");
  const diagram = /^```\n([\s\S]*?)^```/m.exec(page)?.[1] ?? "";
  const codesIn = (text: string): string[] =>
    [...text.matchAll(/\b[a-z]+_?[a-z_]+\b/g)].map(([word]) => word).filter((word) => word in refusals);
  const rows = new Map(
    [...page.matchAll(/^\| `([\w/-]+\.ts)` \| (.*) \|$/gm)].map(([, file = "", codes = ""]) => [file, codesIn(codes)]),
  );

  it("draws an exit for every refusal", () => {
    expect([...new Set(codesIn(diagram))].sort()).toEqual([...refusalCodes].sort());
  });
  it("gives each refusal over HTTP its status", () => {
    const exits = [...diagram.matchAll(/► (\d{3}) (\w+)/g)];
    expect(exits.length).toBeGreaterThan(6);
    for (const [, status, code] of exits)
      expect([code, Number(status)]).toEqual([code, httpStatusOf(code as RefusalCode)]);
  });
  it("names files that exist, and in the table those that refuse", () => {
    const drawn = [...diagram.matchAll(/[\w-]+(?:\/[\w-]+)+\.ts/g)].map(([file]) => file);
    for (const file of [...drawn, ...rows.keys()]) expect(existsSync(join(root, source, file)), file).toBe(true);
    for (const file of rows.keys()) expect(drawn, file).toContain(file);
  });
  it("has in the table each file on the way of a connection that refuses, with every code", () => {
    const onTheWay = globSync("{core,http,limits,origin,rooms,sessions,socket-io}/**/*.ts", {
      cwd: join(root, source),
      // Bodies of HTTP requests, the schema of a payload, `internal`, and session sources: the table names what asks them.
      exclude: ["http/read-body.ts", "core/{refusal,validate-payload}.ts", "sessions/sources/*.ts"],
    });
    for (const file of onTheWay) {
      const raised = [...read(join(source, file)).matchAll(/new Refusal\("(\w+)"/g)].map(([, code = ""]) => code);
      expect(rows.get(file) ?? [], file).toEqual(expect.arrayContaining(raised));
    }
  });
  it("states the limits that the code has", () => {
    for (const [file, constant, told] of [
      ["socket-io/connections/violation-limit.ts", "maxRefusedHandshakes = 10;", "the 10th refused CONNECT"],
      ["socket-io/connections/violation-limit.ts", "maxRefusalsPerSecond = 50;", "more than 50 refusals in a second"],
      ["socket-io/connections/violation-limit.ts", "maxRefusalsPerMinute = 300;", "or 300 in a minute"],
      ["socket-io/delivery/backpressure.ts", "tryAgainLater = 1013;", "closed with code 1013"],
      ["socket-io/connections/terminate-stale.ts", "lingerMs = 2000;", "not gone after 2 s"],
    ] as const) {
      expect(read(join(source, file))).toContain(constant);
      expect(diagram).toContain(told);
    }
  });
});
