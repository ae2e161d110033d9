import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Replaces a table of docs/compatibility.md, with the date and the version of Node it was made with.
 * @param name - the table stands between `<!-- name -->` and `<!-- /name -->`
 */
export function writeTable(root: string, name: string, table: string): void {
  const page = join(root, "docs/compatibility.md");
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  const made = `Run on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}.`;
  const text = readFileSync(page, "utf8").replace(
    marked,
    (_all, before: string, after: string) => `${before}${made}\n\n${table}\n${after}`,
  );
  writeFileSync(page, text);
}
