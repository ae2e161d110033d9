/** The pages, on GitHub and on the site: links and anchors lead somewhere, and the sidebar has every page once. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { workbenchSettings } from "../apps/workbench/server/settings.ts";
import { sidebar } from "../docs/.vitepress/sidebar.ts";
import { slug } from "../docs/.vitepress/slug.ts";
import { settings } from "../packages/server/src/config/settings.ts";
import { entryPoints } from "../scripts/entry-points.ts";
import { fillQuotes, unquotedCode } from "../scripts/quote-code.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = globSync(["*.md", "docs/**/*.md", "{bench,examples,packages,deploy}/{*,*/*}.md"], {
  cwd: root,
  exclude: ["docs/api", "**/node_modules"],
}).sort();

/** Code contains no links and no headings. A code span ends with as many backticks as it begins with (CommonMark 6.1). */
const proseOf = (page: string): string =>
  page.replace(/^[ \t]*```[\s\S]*?^[ \t]*```/gm, "").replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "``");

/** Each heading's anchor; the second of the same name has a number. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of page.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm)) {
    const name = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with the links of a page, each in a sentence. */
function brokenLinks(path: string, page: string): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = "", anchor] = target.split("#", 2);
    const to = file === "" ? path : relative(root, join(root, dirname(path), file));
    if (!existsSync(join(root, to))) return [`${path}: ${target} does not exist.`];
    // GitHub shows it, and the site has no page for a folder.
    if (existsSync(join(root, to, "README.md"))) return [`${path}: ${target} has a README.md, which is to be named.`];
    if (anchor === undefined) return [];
    const isThere = to.endsWith(".md") && anchorsOf(read(to)).has(anchor);
    return isThere ? [] : [`${path}: ${to} has no section #${anchor}.`];
  });
}

describe("links", () => {
  it.each(pages)("of %s lead to files and sections that exist", (path) => {
    expect(brokenLinks(path, read(path))).toEqual([]);
  });
  it("are found broken when they are", () => {
    const page =
      "[a](no-such.md) [b](#here) [c](README.md#try-it) [d](README.md#nowhere) [f](bench)\n## Here, `code`\n`[e](x.md)`";
    expect(brokenLinks("README.md", page)).toEqual([
      "README.md: no-such.md does not exist.",
      "README.md: README.md has no section #here.",
      "README.md: README.md has no section #nowhere.",
      "README.md: bench has a README.md, which is to be named.",
    ]);
  });
});

describe("the sidebar", () => {
  const linked = sidebar.flatMap(({ items }) => (items as { link: string }[]).map(({ link }) => link));
  const linkOf = (page: string): string => `/${page.replace(/\.md$/, "").replace(/(^|\/)README$/, "$1")}`;
  const onSite = pages.filter((page) => !/^(packages|deploy)\//.test(page));

  it("has every page once, and the API reference; decisions are in a list of their own", () => {
    const own = onSite.filter((page) => !/decisions\/\d/.test(page)).map(linkOf);
    expect([...linked].sort()).toEqual([...own, "/docs/api/"].sort());
  });
  it("has the list of decisions, in order and with their titles", () => {
    const listed = [...read("docs/decisions/README.md").matchAll(/^- \[(\d+)\]\((.+)\): (.+)$/gm)];
    const titles = onSite
      .filter((page) => /decisions\/\d/.test(page))
      .map((page) => {
        const [, number, title] = /^# (\d+):? (.+)$/m.exec(read(page)) ?? [];
        return [number, page.replace("docs/decisions/", ""), title];
      });
    expect(listed.map(([, ...parts]) => parts)).toEqual(titles);
  });
});

describe("names in pages", () => {
  const known = new Set(
    Object.values({ ...settings, ...workbenchSettings }).flatMap(({ env, aliases }) => [env, ...aliases]),
  );
  // The first two are read by the command only; the last is a legacy name, which the command turns into another.
  for (const name of ["SIGNALBOX_COOKIE", "SIGNALBOX_TOKEN", "SOCKETIO_MESSAGE_QUEUE"]) known.add(name);
  const imports = new Set(entryPoints(root).map(({ name }) => name));

  it.each(pages)("of settings and of what is imported, in %s, are those of the code", (path) => {
    const page = read(path);
    const named = page.match(/\b(SOCKETIO|SIGNALBOX|PROGRESS)_[A-Z_]*[A-Z]\b(?!\*)/g) ?? [];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const imported = page.match(/(?<!node_modules\/)@signalbox\/(server|client|protocol)(\/[\w-]+)*(?=["`])/g) ?? [];
    expect(imported.filter((name) => !imports.has(name))).toEqual([]);
  });
});

describe("code in pages", () => {
  it("is refused when it is typed by hand, also in a list, and taken when it is quoted or no program", () => {
    const quoted = "<!-- a.ts#b -->\n```ts\nquoted();\n```\n";
    const typed = "```ts\ntyped();\n```\n- in a list\n  ```js\n  listed();\n  ```\n```sh\nnpm start\n```\n";
    expect(unquotedCode(quoted)).toEqual([]);
    expect(unquotedCode(quoted + typed)).toEqual(["typed();", "listed();"]);
  });
  it("is quoted without the indentation of its region, and a region that is missing is an error", () => {
    const page = "<!-- scripts/quote-code.ts#none -->\n```ts\n```";
    expect(() => fillQuotes(page)).toThrow('scripts/quote-code.ts has no region "none"');
    const filled = fillQuotes("<!-- examples/express/practice.ts#work -->\n```ts\n```");
    expect(filled).toMatch(/```ts\nasync function work\(/);
    expect(filled).toMatch(/\n}\n```$/);
  });
});
