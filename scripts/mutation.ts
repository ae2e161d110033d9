/**
 * `npm run mutation [-- AREA…] [--write]`: mutates the guards and rules with StrykerJS, area by area, and runs the tests
 * that hold each. Prints what survived. The newest result of each area is kept in scripts/mutation/results; --write makes
 * docs/reliability/mutation.md from the newest of each. Exits with 1 when less than 90 % of the mutants are detected.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { areas } from "./mutation/areas.ts";
import { type Copy, copyCheckout } from "./mutation/checkout.ts";
import { pageOf } from "./mutation/page.ts";
import { keepResult, type Result, readResults, resultOf, scoreOf, survivorLines } from "./mutation/results.ts";

/** Percent of the mutants that the tests must detect. */
const leastScore = 90;

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({ options: { write: { type: "boolean" } }, allowPositionals: true });
const chosen = positionals.length > 0 ? positionals : Object.keys(areas);
const unknown = chosen.filter((name) => !(name in areas));
if (unknown.length > 0) throw new Error(`No area ${unknown.join(", ")}; there are ${Object.keys(areas).join(", ")}.`);

const copy = copyCheckout(root);
process.on("exit", copy.remove);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const results: Result[] = [];
for (const name of chosen) {
  const result = mutate(name, copy);
  if (result === undefined) continue;
  keepResult(root, name, result);
  results.push(result);
  console.log([`${name}: ${scoreOf([result]).toFixed(1)} %`, ...survivorLines(result)].join("\n"));
}
if (values.write) writeFileSync(join(root, "docs/reliability/mutation.md"), pageOf(readResults(root)));
if (results.length < chosen.length || scoreOf(results) < leastScore) process.exitCode = 1;

/** Undefined where Stryker failed, which it has said why: the other areas are mutated all the same. */
function mutate(name: string, { folder }: Copy): Result | undefined {
  const reportPath = join(folder, "mutation.json");
  const options = {
    // In the copy: another sandbox in it would reach the sources that are not mutated.
    inPlace: true,
    mutate: areas[name]?.mutate,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner", join(folder, "scripts/mutation/ignore-texts.ts")],
    ignorers: ["texts"],
    vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: 2,
    timeoutMS: 15_000,
    disableTypeChecks: false,
    allowConsoleColors: false,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: reportPath },
  };
  mkdirSync(join(folder, ".stryker-tmp"), { recursive: true });
  writeFileSync(join(folder, "stryker.json"), JSON.stringify(options));
  const startedAt = performance.now();
  const { status } = spawnSync("npx", ["stryker", "run", "stryker.json"], {
    cwd: folder,
    stdio: "inherit",
    env: { ...process.env, MUTATION_AREA: name },
  });
  if (status !== 0) {
    console.error(`Stryker failed in the area ${name}.`);
    return undefined;
  }
  return resultOf(reportPath, (performance.now() - startedAt) / 60_000);
}
