import type { Check, ReportFault } from "./check.ts";
import type { Line } from "./line.ts";

type Resting = Extract<Line, { operation: "resting" }>;

const measures = ["connections", "sockets", "handles"] as const;

/** When everybody has gone, a server holds no more than before they came; and promises that were looked at were kept. */
export function createLeftovers(report: ReportFault): Check {
  const first = new Map<string, Resting>();

  return {
    take(line) {
      if (line.operation === "promised" && !line.kept) report("broken_promise", line.promise, line.detail);
      if (line.operation !== "resting") return;
      const before = first.get(line.actor);
      if (before === undefined) return void first.set(line.actor, line);
      for (const measure of measures) {
        if (line[measure] <= before[measure]) continue;
        report("left_behind", line.actor, `${measure}: ${line[measure]}, at the start ${before[measure]}`);
      }
    },
    end() {},
  };
}
