import { goalsTable } from "./goals-table.ts";
import { plotOf } from "./plots/plots.ts";
import type { Results, WorkloadInfo } from "./results.ts";
import { describeRun, describeSkipped } from "./run-text.ts";
import { asMarkdown } from "./table.ts";
import { workloadTable } from "./workload-table.ts";

const begin = "<!-- results -->";
const end = "<!-- end of results -->";

/**
 * The page with the results between its two markers; what stands around them is written by hand.
 * @param folder - of the plots, as the page sees it
 * @throws Error when a marker is missing
 */
export function withResults(page: string, results: Results, infos: readonly WorkloadInfo[], folder: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`The page has no "${begin}" followed by "${end}": there is no place for results.`);
  const generated = [
    describeRun(results),
    `### Goals\n\n${asMarkdown(goalsTable(results))}`,
    ...infos.flatMap((info) => section(results, info, folder)),
    ...describeSkipped(results),
    ...folded("Doubts about single rounds", results.warnings),
  ];
  return `${page.slice(0, from + begin.length)}\n${generated.join("\n\n")}\n${page.slice(to)}`;
}

/** What few want to read, behind a click. */
function folded(title: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return [];
  const list = sentences.map((sentence) => `- ${sentence}`).join("\n");
  return [`<details><summary>${title} (${sentences.length})</summary>\n\n${list}\n\n</details>`];
}

function section(results: Results, info: WorkloadInfo, folder: string): string[] {
  const table = workloadTable(results, info);
  if (table === undefined) return [];
  const plot = plotOf(results, info);
  return [
    `### ${info.name} ${info.title}`,
    ...(plot === undefined ? [] : [`![${plot.alt}](${folder}/${plot.name})`]),
    asMarkdown(table),
  ];
}
