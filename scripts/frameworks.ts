/**
 * `npm run test:frameworks [-- --write]`: installs applications of real frameworks from the packed packages, and uses them.
 * Prints a table; with --write it goes into docs/compatibility.md. Exits with 1 when a test fails.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeTable } from "./compat/page.ts";

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { write: { type: "boolean" } } });
const folder = mkdtempSync(join(tmpdir(), "frameworks-"));
const file = join(folder, "report.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
const { status } = spawnSync("npx", ["vitest", "run", "-c", "tests/frameworks/vitest.config.ts", ...reporters], {
  cwd: root,
  stdio: "inherit",
});
const report: Report = JSON.parse(readFileSync(file, "utf8"));
rmSync(folder, { recursive: true });

const rows = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.map(
    ({ ancestorTitles, title, status: result }) => `| ${ancestorTitles.join(" ")} | ${title} | ${result} |`,
  ),
);
const table = ["| application | test | result |", "|---|---|---|", ...rows].join("\n");
console.log(table);
if (values.write) writeTable(root, "frameworks", table);
process.exitCode = status ?? 1;
