/** `npm run siege -- [--quick] [--write] [--assert]`: attacks a server of its own, and says what others noticed. */
import { parseArgs } from "node:util";
import { goalsOf } from "./goals.ts";
import { goalsTable, writeReport } from "./report.ts";
import { quick, runSiege, whole } from "./siege.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, write: { type: "boolean" }, assert: { type: "boolean" } },
});
const extent = values.quick ? quick : whole;
const started = performance.now();
const siege = await runSiege(extent, (line) => process.stderr.write(`${line}\n`));
if (values.write) writeReport(siege, extent, (performance.now() - started) / 1000);
console.log(goalsTable(siege));
for (const line of [...siege.underAttack.miscounts, ...siege.underAttack.faults, ...siege.revocations.faults])
  console.log(line);
process.exit(values.assert && goalsOf(siege).some(({ met }) => !met) ? 1 : 0);
