/**
 * Writes the pages that are derived from code: CONFIGURATION.md, .env.example, and the quoted parts of others.
 * With --check it writes nothing, and exits with 1 when a page is not what it would be.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { workbenchSettings } from "../apps/workbench/server/settings.ts";
import { describeAsEnvExample, describeAsMarkdown } from "../packages/server/src/config/describe.ts";
import { settings } from "../packages/server/src/config/settings.ts";

const tables = [
  { title: "Signalbox", table: settings },
  { title: "The workbench", table: workbenchSettings },
];

const quoting = ["README.md", "docs/deployment.md", ...globSync("packages/*/README.md")];

const pages = new Map([
  ["CONFIGURATION.md", describeAsMarkdown(tables)],
  [".env.example", describeAsEnvExample(tables)],
  ...quoting.map((page) => [page, withQuotes(readFileSync(page, "utf8"))] as const),
]);

const check = process.argv.includes("--check");
for (const [path, text] of pages) {
  if (current(path) === text) continue;
  if (!check) writeFileSync(path, text);
  else {
    process.stderr.write(`${path} is not up to date: run npm run docs.\n`);
    process.exitCode = 1;
  }
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Fills each code block that follows `<!-- file#region -->` or `<!-- file -->` with that part of it, which is tested. */
function withQuotes(page: string): string {
  return page.replace(
    /(<!-- ([\w./-]+\.\w+)(?:#(\w+))? -->\n```\w+\n)[\s\S]*?```/g,
    (_all, head: string, file: string, region: string | undefined) => {
      const source = readFileSync(file, "utf8");
      if (region === undefined) return `${head}${source.trimEnd()}\n\`\`\``;
      const quote = new RegExp(`// #region ${region}\\n([\\s\\S]*?)// #endregion`).exec(source)?.[1];
      if (quote === undefined) throw new Error(`${file} has no region "${region}".`);
      return `${head}${quote.replace(/^\s*\n/, "").trimEnd()}\n\`\`\``;
    },
  );
}
