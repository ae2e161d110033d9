import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withResults } from "./page.ts";
import { plotOf } from "./plots/plots.ts";
import type { Results, WorkloadInfo } from "./results.ts";

/** Beside the page: the plots, and the results that they were drawn from. */
const folder = "results";

/** Where the results that the page shows are kept, from the folder of the bench. */
export const latest = join(folder, "latest.json");

/**
 * Writes results, plots and the results' part of the page.
 * @param bench - the folder with README.md
 */
export function writePage(bench: string, results: Results, infos: readonly WorkloadInfo[]): void {
  const page = join(bench, "README.md");
  const written = withResults(readFileSync(page, "utf8"), results, infos, folder);
  mkdirSync(join(bench, folder), { recursive: true });
  for (const info of infos) {
    const plot = plotOf(results, info);
    if (plot !== undefined) writeFileSync(join(bench, folder, plot.name), plot.svg);
  }
  writeFileSync(join(bench, latest), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(page, written);
}
