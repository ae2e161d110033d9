/** `npm run matrix`: plays and prints the recovery matrix; `--write` writes docs/reliability/matrix.md. Exits with 1 for a cell that is not well. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runMatrix } from "./run-matrix.ts";
import { matrixFaults, matrixPage, matrixTable } from "./table.ts";

const outcomes = await runMatrix();
const faults = matrixFaults(outcomes);
console.log(matrixTable(outcomes));
for (const fault of faults) console.log(fault);
if (process.argv.includes("--write")) {
  writeFileSync(join(import.meta.dirname, "../../docs/reliability/matrix.md"), matrixPage(outcomes));
}
process.exit(faults.length === 0 ? 0 : 1);
