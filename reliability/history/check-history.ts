import { percentile } from "../../packages/client/test/support/percentile.ts";
import { type Check, type Fault, type FaultKind, faultKinds, type Rules, shippedRules } from "./check.ts";
import { createEndings } from "./endings.ts";
import { createLeftovers } from "./leftovers.ts";
import type { Line } from "./line.ts";
import { createNotices } from "./notices.ts";
import { createRecoveries } from "./recoveries.ts";
import { createSessions } from "./sessions.ts";
import { createSilentGaps } from "./silent-gaps.ts";
import { createToldStates } from "./told-states.ts";

export interface Verdict {
  readonly lines: number;
  /** Faults that were put in. */
  readonly injected: number;
  /** How long the process of the clients stood still, in all. */
  readonly stalledMs: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly found: Readonly<Record<FaultKind, number>>;
  /** The first of each kind, for people. */
  readonly faults: readonly Fault[];
  readonly recoveries: {
    readonly count: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
}

/** A broken server makes the same fault a million times; the first few say what it is. */
const namedPerKind = 20;

/**
 * Judges a history, line by line: memory grows with what is watched, not with the length. Pure: the same history has
 * always the same faults.
 * @param lines - in the order of time
 */
export async function checkHistory(
  lines: Iterable<Line> | AsyncIterable<Line>,
  rules: Rules = shippedRules,
): Promise<Verdict> {
  const found = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const faults: Fault[] = [];
  const report = (kind: FaultKind, actor: string, detail: string, task?: string): void => {
    found[kind] += 1;
    if (found[kind] <= namedPerKind) faults.push({ kind, actor, detail, ...(task !== undefined && { task }) });
  };
  const recoveries = createRecoveries(rules, report);
  const checks: readonly Check[] = [
    createToldStates(report),
    createEndings(rules, report),
    createSilentGaps(rules, report),
    createSessions(rules, report),
    createLeftovers(report),
    createNotices(report),
    recoveries,
  ];

  const operations: Record<string, number> = {};
  let count = 0;
  let stalledMs = 0;
  for await (const line of lines) {
    count += 1;
    operations[line.operation] = (operations[line.operation] ?? 0) + 1;
    if (line.operation === "stalled") stalledMs += line.ms;
    for (const check of checks) check.take(line);
  }
  for (const check of checks) check.end();

  const { tookMs } = recoveries;
  return {
    lines: count,
    injected: operations.fault ?? 0,
    stalledMs,
    operations,
    found,
    faults,
    recoveries: {
      count: tookMs.length,
      p50Ms: percentile(tookMs, 0.5),
      p99Ms: percentile(tookMs, 0.99),
      maxMs: percentile(tookMs, 1),
    },
  };
}
