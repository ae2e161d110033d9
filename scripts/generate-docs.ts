/**
 * Writes the pages that are derived from code: CONFIGURATION.md, .env.example, and the quoted parts of others.
 * With --check it writes nothing, and exits with 1 when a page is not what it would be.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { workbenchSettings } from "../apps/workbench/server/settings.ts";
import { describeAsEnvExample, describeAsMarkdown } from "../packages/server/src/config/describe.ts";
import { settings } from "../packages/server/src/config/settings.ts";
import { fillQuotes, unquotedCode } from "./quote-code.ts";

const tables = [
  { title: "Signalbox", table: settings },
  { title: "The workbench", table: workbenchSettings },
];

/** `docs/api` is generated from the sources, whose comments may have code in them. */
const written = globSync(["README.md", "docs/**/*.md", "packages/*/README.md"], {
  exclude: ["docs/api", "docs/node_modules"],
});

const pages = new Map([
  ["CONFIGURATION.md", describeAsMarkdown(tables)],
  [".env.example", describeAsEnvExample(tables)],
  ...written.map((page) => [page, fillQuotes(readFileSync(page, "utf8"))] as const),
]);

const check = process.argv.includes("--check");
for (const [path, text] of pages) {
  for (const line of unquotedCode(text)) {
    complain(`${path} has code that is not quoted from a file that is tested: "${line}". See docs/decisions/0020.`);
  }
  if (current(path) === text) continue;
  if (!check) writeFileSync(path, text);
  else complain(`${path} is not up to date: run npm run docs.`);
}

function complain(problem: string): void {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
