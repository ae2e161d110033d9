/**
 * Draws page and plots again from the results of an earlier run, or of several that had a part of the workloads each:
 *   npm run bench:page -- [RESULTS.json ...]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workloads } from "../workloads/workloads.ts";
import { joinResults } from "./join-results.ts";
import type { Results } from "./results.ts";
import { latest, writePage } from "./write-page.ts";

const bench = join(import.meta.dirname, "..");
const given = process.argv.slice(2);
const paths = given.length > 0 ? given : [join(bench, latest)];
const parts = paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as Results);

writePage(bench, joinResults(parts), workloads);
