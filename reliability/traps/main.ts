/** `npm run traps`: attacks bare Socket.IO and Signalbox alike, and writes what was found into SECURITY.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { runTraps } from "./run-traps.ts";
import { tableOf, withTable } from "./table.ts";

const page = "SECURITY.md";
const rows = await runTraps();
const table = tableOf(rows);
writeFileSync(page, withTable(readFileSync(page, "utf8"), table));
process.stdout.write(`${table}\n`);
if (rows.some(({ signalbox }) => signalbox.open)) process.exitCode = 1;
