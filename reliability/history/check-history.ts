import { percentile } from "../../packages/client/test/support/percentile.ts";
import { type Check, type Fault, type FaultKind, faultKinds, type Rules, shippedRules } from "./check.ts";
import { createEndings } from "./endings.ts";
import { createLeftovers } from "./leftovers.ts";
import type { Line } from "./line.ts";
import { createNotices } from "./notices.ts";
import { createRecoveries } from "./recoveries.ts";
import { createSessions } from "./sessions.ts";
import { createSilentGaps } from "./silent-gaps.ts";
import { createStalls } from "./stalls.ts";
import { createToldStates } from "./told-states.ts";

export interface Verdict {
  readonly lines: number;
  /** Faults that were put in. */
  readonly injected: number;
  /** From the first line to the last, and how much of it the machine gave one of the processes no core. */
  readonly tookMs: number;
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
  const stalls = createStalls();
  const recoveries = createRecoveries(rules, stalls, report);
  const checks: readonly Check[] = [
    createToldStates(stalls, report),
    createEndings(rules, stalls, report),
    createSilentGaps(rules, stalls, report),
    createSessions(rules, stalls, report),
    createLeftovers(report),
    createNotices(stalls, report),
    recoveries,
  ];

  const operations: Record<string, number> = {};
  let count = 0;
  let firstAt: number | undefined;
  let lastAt = 0;
  for await (const line of lines) {
    count += 1;
    operations[line.operation] = (operations[line.operation] ?? 0) + 1;
    firstAt ??= line.at;
    lastAt = line.at;
    stalls.take(line);
    for (const check of checks) check.take(line);
  }
  for (const check of checks) check.end();
  stalls.end();

  const { tookMs } = recoveries;
  const from = firstAt ?? 0;
  return {
    lines: count,
    injected: operations.fault ?? 0,
    tookMs: lastAt - from,
    stalledMs: Math.round(stalls.within(from, lastAt)),
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
