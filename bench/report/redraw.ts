/**
 * Draws page and plots again from the results of an earlier run: for a change of the report, without measuring.
 *   npm run bench:page -- [RESULTS.json]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workloads } from "../workloads/workloads.ts";
import type { Results } from "./results.ts";
import { latest, writePage } from "./write-page.ts";

const bench = join(import.meta.dirname, "..");
const [path = join(bench, latest)] = process.argv.slice(2);

writePage(bench, JSON.parse(readFileSync(path, "utf8")) as Results, workloads);
