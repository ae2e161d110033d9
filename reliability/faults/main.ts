/**
 * `npm run faults`: puts every kind of fault into a running server, many times, and has the histories judged.
 * `--quick` once each, without comparison; `--seed N` repeats a run; `--only a,b`; `--count N` of each kind; `--lanes N` kinds at a time;
 * `--cluster` puts those of two nodes into two with Redis and PostgreSQL; `--keep` leaves the histories; `--write` writes docs/reliability/faults.md, or faults-of-two-nodes.md. Exits with 1 when a promise is broken.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faultKinds as oneNode, severalNodes } from "./kinds/all.ts";
import { writeClusterReport, writeReport } from "./report.ts";
import { type KindResult, runKind } from "./run-kind.ts";
import type { Layer } from "./world.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string" },
    only: { type: "string" },
    count: { type: "string" },
    lanes: { type: "string", default: "3" },
    keep: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
  },
});
const faultKinds = values.cluster ? severalNodes : oneNode;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count ?? (values.quick ? 1 : 20));
const only = values.only?.split(",");
const unknown = only?.filter((name) => !faultKinds.some((kind) => kind.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`No such kind: ${unknown.join()}. Known are ${faultKinds.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const kinds = faultKinds.filter(({ name }) => only?.includes(name) ?? true);
const compared = kinds.filter((kind) => kind.compared && !values.quick);
const started = Date.now();
console.log(`Seed ${seed}, ${count} of each of ${kinds.length} kinds, ${values.lanes} kinds at a time.`);

const results = await runAll([
  ...kinds.map((kind) => ({ kind, layer: "signalbox" as Layer })),
  ...compared.map((kind) => ({ kind, layer: "bare" as Layer })),
]);
const own = results.filter(({ layer }) => layer === "signalbox");
const events = own.reduce((sum, { verdict }) => sum + verdict.lines, 0);
const broken = own.filter(({ verdict }) => verdict.faults.length > 0);
const seconds = Math.round((Date.now() - started) / 1000);
console.log(`${events} events in ${seconds} s; ${broken.length} of ${own.length} kinds broke a promise.`);
if (values.write) {
  const page = values.cluster ? "faults-of-two-nodes.md" : "faults.md";
  const write = values.cluster ? writeClusterReport : writeReport;
  writeFileSync(
    join(import.meta.dirname, "../../docs/reliability", page),
    write({ seed, count, seconds, kinds, results }),
  );
}
process.exitCode = broken.length === 0 ? 0 : 1;

/** So many lanes, each taking the next kind that no lane has begun. */
async function runAll(jobs: readonly { kind: (typeof kinds)[number]; layer: Layer }[]): Promise<KindResult[]> {
  const results: KindResult[] = [];
  let next = 0;

  async function lane(): Promise<void> {
    for (let job = jobs[next]; job !== undefined; job = jobs[next]) {
      next += 1;
      const { quick, keep } = values;
      const result = await runKind({ ...job, seed: seed + next, count, quick, keep });
      results.push(result);
      print(result);
    }
  }
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
  return results;
}

function print({ name, layer, verdict, seconds, folder }: KindResult): void {
  const { injected, lines, recoveries, found, faults } = verdict;
  const violations = Object.entries(found).filter(([, number]) => number > 0);
  console.log(
    `${layer} ${name}: ${injected} faults, ${lines} events, recovered p50 ${recoveries.p50Ms}, p99 ${recoveries.p99Ms}, max ${recoveries.maxMs} ms, ${Math.round(seconds)} s; ${violations.length === 0 ? "kept" : JSON.stringify(Object.fromEntries(violations))}`,
  );
  for (const { kind, actor, task, detail } of faults.slice(0, 10)) {
    console.log(`  ${kind}: ${actor}${task === undefined ? "" : `, task ${task}`}: ${detail}`);
  }
  if (folder !== undefined) console.log(`  history: ${folder}`);
}
