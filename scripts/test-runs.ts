/**
 * `npm run test:runs [-- --runs N] [--busy N] [--write]`: clones the committed state again and again, and runs `npm test`
 * in each clone, the last --busy times beside two processes that never rest. Prints what failed. After each run, --write
 * makes docs/reliability/test-runs.md of all so far. Exits with 1 when a run fails.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";

interface Run {
  readonly busy: boolean;
  readonly startedAt: string;
  readonly seconds: number;
  /** Summary lines of the test runner. */
  readonly summary: string;
  readonly failures: readonly string[];
  readonly passed: boolean;
}

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    busy: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
const count = Number(values.runs);
const firstBusy = count - Number(values.busy);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();

/** Leaders of process groups, which end with this process. */
const children = new Set<ChildProcess>();
process.on("exit", () => children.forEach(endGroup));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const runs: Run[] = [];
for (let index = 0; index < count; index += 1) {
  const run = await testClone(index >= firstBusy);
  runs.push(run);
  console.log(rowOf(run, index));
  for (const failure of run.failures) console.log(`  ${failure}`);
  if (values.write) writeFileSync(join(root, "docs/reliability/test-runs.md"), page());
}
process.exitCode = runs.every(({ passed }) => passed) ? 0 : 1;

async function testClone(busy: boolean): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-clone-"));
  const hogs = busy ? cpus().map(() => startGroup(process.execPath, ["-e", "for(;;);"], folder)) : [];
  try {
    execFileSync("git", ["clone", "--quiet", root, folder]);
    const startedAt = new Date();
    const { code, output } = await runTests(folder);
    return {
      ...{ busy, startedAt: startedAt.toISOString().slice(0, 16).replace("T", " ") },
      seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
      summary: [...output.matchAll(/^ +(?:Test Files|Tests) +(.+)$/gm)]
        .map(([, text = ""]) => text.replaceAll(" | ", ", "))
        .join("; "),
      failures: [...new Set(output.match(/^ FAIL .*$|.* failed\.$/gm))],
      passed: code === 0,
    };
  } finally {
    hogs.forEach(endGroup);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runTests(folder: string): Promise<{ code: number | null; output: string }> {
  const logPath = join(folder, "..", `${folder.split("/").at(-1)}.log`);
  const child = startGroup("sh", ["-c", `npm test > "${logPath}" 2>&1`], folder);
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, output: stripVTControlCharacters(readFileSync(logPath, "utf8")) };
}

function startGroup(file: string, args: readonly string[], cwd: string): ChildProcess {
  const child = spawn(file, args, { cwd, env: { ...process.env, CI: "true" }, stdio: "ignore", detached: true });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

function page(): string {
  const failed = runs.filter(({ passed }) => !passed).length;
  return `# Runs of the test suite

Written by \`npm run test:runs -- --write\`: \`npm test\` on fresh clones of commit \`${commit}\`, one after the other, on ${cpus().length} cores. No test is tried again. The time counts from the clone to the end, with installing and building.

**${runs.length} runs, ${failed === 0 ? "all of them green" : `${failed} with a failure`}.**

| run | started (UTC) | beside | seconds | tests | result |
|---|---|---|---|---|---|
${runs.map(rowOf).join("\n")}
${runs.some(({ failures }) => failures.length > 0) ? `\n${runs.flatMap(({ failures }, index) => failures.map((failure) => `- run ${index + 1}: \`${failure.trim()}\``)).join("\n")}\n` : ""}`;
}

function rowOf({ busy, startedAt, seconds, summary, passed }: Run, index: number): string {
  const beside = busy ? "a process on each core that never rests" : "nothing else";
  return `| ${[index + 1, startedAt, beside, seconds, summary, passed ? "green" : "**failed**"].join(" | ")} |`;
}
