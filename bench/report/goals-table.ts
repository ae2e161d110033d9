import { type GoalOutcome, judge } from "../goals.ts";
import { formatBeside } from "./numbers.ts";
import type { Results } from "./results.ts";
import type { Table } from "./table.ts";

/** Every goal of the workloads that were to be run, beside its figure and a verdict. */
export function goalsTable(results: Pick<Results, "runs" | "options">): Table {
  const asked = judge(results).filter(({ goal }) => results.options.only.includes(goal.workload));
  return {
    head: ["goal", "limit", "figure", "verdict"],
    rows: asked.map((outcome) => [
      `${outcome.goal.workload} ${outcome.goal.title}`,
      `${outcome.goal.direction === "at most" ? "≤" : "≥"} ${outcome.goal.limit}${unitOf(outcome)}`,
      figureOf(outcome),
      outcome.verdict === "open" ? "not measured" : outcome.verdict,
    ]),
  };
}

function figureOf(outcome: GoalOutcome): string {
  if (outcome.figure === undefined) return "–";
  return `${formatBeside(outcome.figure, outcome.goal.limit)}${unitOf(outcome)}`;
}

const unitOf = ({ goal: { of, unit } }: GoalOutcome): string => (of === "ratio" ? " ×" : unit && ` ${unit}`);
