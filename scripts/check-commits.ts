/**
 * `node scripts/check-commits.ts FROM`: checks the subjects of the commits after FROM against Conventional Commits
 * (conventionalcommits.org, version 1.0.0) and the project's limit of 72 characters. Prints those that do not conform
 * and exits with 1.
 */
import { execFileSync } from "node:child_process";

const maxLength = 72;
const form = /^(feat|fix|perf|refactor|docs|test|build|chore)(\([a-z-]+\))?!?: \S/;

const [from] = process.argv.slice(2);
if (from === undefined) throw new Error("Name the commit after which to check, such as origin/main.");
const log = execFileSync("git", ["log", "--no-merges", "--format=%h %s", `${from}..HEAD`], { encoding: "utf8" });
const faults = log
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const)
  .filter(([, subject]) => subject.length > maxLength || !form.test(subject));
for (const [hash, subject] of faults) console.error(`${hash} ${subject}`);
process.exitCode = faults.length === 0 ? 0 : 1;
