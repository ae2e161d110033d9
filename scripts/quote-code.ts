/** Code in pages is quoted from files that are tested: how a quote is written, filled, and missed. */
import { readFileSync } from "node:fs";

/** `<!-- file#region -->` or `<!-- file -->`, and the code block behind it. */
const quotes = /(<!-- ([\w./-]+\.\w+)(?:#(\w+))? -->\n```\w+\n)[\s\S]*?```/g;

/** Blocks that must be quotes: what a reader would copy into a program. */
const program = /^(typescript|javascript|m?[tj]sx?|c[tj]s|py|python|vue)$/;

/** Fills each code block that follows a quote with that part of the file. */
export function fillQuotes(page: string): string {
  return page.replace(
    quotes,
    (_all, head: string, file: string, region: string | undefined) => `${head}${quoted(file, region)}\n\`\`\``,
  );
}

/** The first lines of code blocks that are typed by hand, in whatever list or quotation they stand. */
export function unquotedCode(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^[ \t>]*```(\w+)[^\n]*\n([^\n]*)[\s\S]*?^[ \t>]*```[ \t]*$/gm)];
  const isQuote = (at: number): boolean => /<!-- [\w./-]+\.\w+(#\w+)? -->\n$/.test(page.slice(0, at));
  return blocks.flatMap(({ index, 1: language = "", 2: line = "" }) =>
    program.test(language) && !isQuote(index) ? [line.trim()] : [],
  );
}

/** A region begins with a line that has `#region name` in it, and ends with one that has `#endregion`. */
function quoted(file: string, region: string | undefined): string {
  const source = readFileSync(file, "utf8");
  if (region === undefined) return source.trimEnd();
  const found = new RegExp(`^.*#region ${region}\\b.*\\n([\\s\\S]*?)^.*#endregion`, "m").exec(source)?.[1];
  if (found === undefined) throw new Error(`${file} has no region "${region}".`);
  return outdent(found.replace(/^\s*\n/, "").trimEnd());
}

/** Without the indentation that all lines share. */
function outdent(text: string): string {
  const lines = text.split("\n");
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const depth = Math.min(...depths);
  return lines.map((line) => line.slice(depth)).join("\n");
}
