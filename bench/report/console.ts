import { goalsTable } from "./goals-table.ts";
import type { Results, WorkloadInfo } from "./results.ts";
import { describeRun, describeSkipped } from "./run-text.ts";
import { asConsole } from "./table.ts";
import { workloadTable } from "./workload-table.ts";

/** A whole run as plain text: what it was, a table for each workload, the goals. */
export function consoleReport(results: Results, infos: readonly WorkloadInfo[]): string {
  const workloads = infos.flatMap((info) => {
    const table = workloadTable(results, info);
    return table === undefined ? [] : [`${info.name} ${info.title}\n\n${asConsole(table)}`];
  });
  return [
    describeRun(results),
    ...workloads,
    `Goals\n\n${asConsole(goalsTable(results))}`,
    [...describeSkipped(results), ...results.warnings.map((warning) => `Doubtful: ${warning}`)].join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
