/** `npm run bench`: runs the workloads, prints tables and goals. See bench/README.md. */
import { writeFileSync } from "node:fs";
import { runBench } from "./bench.ts";
import { judge } from "./goals.ts";
import { readOptions, usage } from "./options.ts";
import { peers } from "./peers/peers.ts";
import { waitForTurn } from "./process/one-at-a-time.ts";
import { consoleReport } from "./report/console.ts";
import { writePage } from "./report/write-page.ts";
import { workloads } from "./workloads/workloads.ts";

// Servers and load end with this process; those of other making by what they have hooked to its exit.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const options = optionsOrExit();
const chosen = workloads.filter(({ name }) => options.only.includes(name));
await waitForTurn(() => process.stderr.write("Another bench is running: waiting for its end.\n"));
const results = await runBench({
  options,
  workloads: chosen,
  peers: peers.filter(({ name }) => options.peers?.includes(name) ?? true),
  onProgress: (line) => process.stderr.write(`${line}\n`),
});

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
if (options.write) writePage(import.meta.dirname, results, chosen);
console.log(consoleReport(results, chosen));

// A goal of a workload that ran and yielded no figure is not reached either.
const missed = judge(results).some(({ goal, verdict }) => verdict !== "met" && options.only.includes(goal.workload));
process.exit(options.assert && missed ? 1 : 0);

function optionsOrExit() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`);
    process.exit(2);
  }
}
