/** The checker as the program that it is. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDice } from "../../packages/client/test/support/dice.ts";
import type { Line } from "./line.ts";
import { syntheticHistory } from "./synthetic.ts";

const program = join(import.meta.dirname, "main.ts");
const sound = [
  ...syntheticHistory({ random: createDice(3), users: 2, clientsPerUser: 2, tasksPerUser: 3, ticks: 100 }),
];

/** Each list as a file of its own. */
function run(files: readonly (readonly Line[])[], ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-checker-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = files.map((lines, index) => {
    const path = join(folder, `${index}.jsonl`);
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return path;
  });
  const env = { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1" };
  return spawnSync(process.execPath, ["--conditions=@signalbox/source", program, ...args, ...paths], {
    encoding: "utf8",
    env,
  });
}

const isServers = ({ actor }: Line & { actor?: string }): boolean => actor?.startsWith("client") !== true;

it("passes a sound history, also one that lies in a file for each process", () => {
  expect(run([sound]).status).toBe(0);
  const parts = [sound.filter(isServers), sound.filter((line) => !isServers(line))];
  const { status, stdout } = run(parts);
  expect(stdout).toMatch(new RegExp(`^${sound.length} lines, \\d+ faults put in, 0 violations found.\\n$`));
  expect(status).toBe(0);
});

it("names a violation and exits with 1", () => {
  const final = sound.findIndex(({ operation }) => operation === "final");
  const { status, stdout } = run([sound.toSpliced(final, 0, sound[final] as Line)]);
  expect(stdout).toMatch(/^duplicate: client-\d\.\d, task task-\d+: version \d+ after \d+\n/);
  expect(status).toBe(1);
});

it("judges by the rules that it is given, and says all as JSON", () => {
  const { status, stdout } = run([sound], "--json", "--rules", '{"recoveryP99Ms": 0}');
  expect(JSON.parse(stdout)).toMatchObject({ lines: sound.length, found: { duplicate: 0 } });
  expect(JSON.parse(stdout).found.late_recovery).toBeGreaterThan(0);
  expect(status).toBe(1);
});

it("asks for a history where none is named", () => {
  expect(run([])).toMatchObject({ status: 2, stderr: expect.stringContaining("Which history?") });
});
