/** Words that hide who acts, and private metaphors, do not come back into sources and pages. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

const sources = [
  "packages/*/src/**/*.{ts,tsx}",
  "apps/workbench/{server,browser/src}/**/*.{ts,tsx}",
  "*.md",
  "docs/*.md",
  ".env.example",
];

/** Each with what to write in its place. */
const words: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bwhoever\b/i, "the client, the user, the caller"],
  [/\bsomebody\b/i, "another user, a client"],
  [/\bnobody\b/i, "no client, no user"],
  [/\bancestor\b/i, "Flask-SocketIO, or legacy"],
];

const files = globSync(sources, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] });

it("reads every source and page", () => {
  expect(files.length).toBeGreaterThan(400);
});

it.each(words)("finds no %s in them: write %s", (pattern) => {
  const hits = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) && !isWritten(file, line) ? [`${file}:${index + 1}: ${line}`] : [],
      ),
  );
  expect(hits).toEqual([]);
});

/** Tables that programs write from their own texts: npm run traps, npm run load. */
function isWritten(file: string, line: string): boolean {
  return (file === "SECURITY.md" && /^\| T\d+ /.test(line)) || file === "docs/scaling.md";
}
