/**
 * `npm run compat [-- --only NAME] [--write]`: runs the server's tests with the oldest and the newest published version in
 * range of every runtime and peer dependency, and with the latest where the range does not admit it yet. Prints a table;
 * with --write it goes into docs/compatibility.md. Exits with 1 when a version in range fails.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { copyCheckout, type TestCounts } from "./compat/checkout.ts";
import { writeTable } from "./compat/page.ts";
import { publishedVersions } from "./compat/published.ts";
import { readSubjects, type Subject } from "./compat/subjects.ts";

interface Row {
  readonly subject: string;
  readonly range: string;
  readonly end: "oldest" | "newest" | "latest";
  readonly version: string;
  readonly counts: TestCounts;
}

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { only: { type: "string" }, write: { type: "boolean" } } });
const subjects = readSubjects(root).filter(({ name }) => values.only === undefined || name === values.only);
const copy = copyCheckout(root);
const rows: Row[] = [];
try {
  for (const subject of subjects) for (const row of tryOut(subject)) rows.push(row);
} finally {
  copy.remove();
}
const table = tableOf(rows);
console.log(table);
if (values.write) writeTable(root, "compat", table);
// A version outside the range is an early warning, and nothing that was promised.
if (rows.some(({ end, counts }) => end !== "latest" && (counts.failed > 0 || counts.passed === 0)))
  process.exitCode = 1;

function* tryOut({ name, ranges, tests }: Subject): Iterable<Row> {
  const published = Object.entries(ranges).map(([dependency, range]) => ({
    dependency,
    ...publishedVersions(dependency, range),
  }));
  const newest = published.some((each) => each.oldest !== each.newest) ? (["newest"] as const) : [];
  const latest = published.some((each) => each.newest !== each.latest) ? (["latest"] as const) : [];
  for (const end of ["oldest", ...newest, ...latest] as const) {
    const versions = Object.fromEntries(published.map((each) => [each.dependency, each[end]]));
    copy.install(versions);
    const counts = copy.test(tests);
    const [only] = published;
    const version =
      published.length === 1 && only
        ? only[end]
        : Object.entries(versions)
            .map(([dependency, each]) => `${dependency} ${each}`)
            .join(", ");
    const range = published.length === 1 ? Object.values(ranges).join() : "as in the manifest";
    console.log(`${name} ${end} (${version}): ${counts.passed} passed, ${counts.failed} failed`);
    for (const failure of counts.failures) console.log(`  ${failure.slice(0, 300)}`);
    yield { subject: name, range, end, version, counts };
  }
}

function tableOf(all: readonly Row[]): string {
  const lines = all.map(({ subject, range, end, version, counts }) => {
    const cells = [subject, range.replaceAll("|", "\\|"), end, version, counts.passed, counts.failed];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| dependency | range | end | version | passed | failed |", "|---|---|---|---|---|---|", ...lines].join("\n");
}
