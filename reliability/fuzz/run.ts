import { setTimeout as pause } from "node:timers/promises";
import { watchers } from "./bait.ts";
import { blockOf, blockSize, type Case, type Kind } from "./cases/case.ts";
import { playBlock, type Stretch } from "./drive/play.ts";
import { createFindings, type Finding, type Findings } from "./judge/findings.ts";
import { createJudge, type Judge } from "./judge/judge.ts";
import { startWatcher } from "./judge/watcher.ts";
import type { PlantName } from "./target/plants.ts";
import { type Limits, limits, startTarget, type Target } from "./target/target.ts";

export interface RunOptions extends Stretch {
  readonly seed: number;
  readonly only: readonly Kind[];
  /** Blocks under way at a time. */
  readonly lanes: number;
  /** The longest that a watcher may wait for a frame that is due every 100 ms. */
  readonly maxGapMs: number;
  readonly plant?: PlantName;
  /** Ends with the first finding. */
  readonly untilFound?: boolean;
  onCase?(each: Case, outcome: string): void;
  onProgress?(line: string): void;
}

/** Outcomes with how many cases ended so, of each kind. */
export type Outcomes = ReadonlyMap<Kind, ReadonlyMap<string, number>>;

export interface RunResult {
  readonly cases: number;
  readonly seconds: number;
  readonly outcomes: Readonly<Record<Limits, Outcomes>>;
  readonly longestGapMs: number;
  readonly findings: readonly Finding[];
}

/** What may be left when everybody has gone, beside what was there at the start: caches that have filled. */
const heapAllowance = 64 * 2 ** 20;

/** Connections without a namespace are closed after two seconds, lingering ones after two more. */
const settleMs = 10_000;

/** Sends the cases to a real server, first those for wide limits, then those for the default ones, and judges it. */
export async function runFuzz(options: RunOptions): Promise<RunResult> {
  const findings = createFindings();
  const began = performance.now();
  const outcomes = { wide: new Map(), default: new Map() } as Record<Limits, Outcomes>;
  let cases = 0;
  let longestGapMs = 0;
  for (const chosen of limits) {
    if (isOver(findings, options)) break;
    const numbers = blocksOf(options, chosen);
    if (numbers.length === 0) continue;
    const attack = await attackOne(chosen, numbers, findings, options);
    outcomes[chosen] = attack.outcomes;
    longestGapMs = Math.max(longestGapMs, attack.longestGapMs);
    cases += attack.cases;
  }
  const seconds = (performance.now() - began) / 1000;
  return { cases, seconds, outcomes, longestGapMs, findings: findings.all() };
}

const isOver = (findings: Findings, { untilFound = false }: RunOptions): boolean =>
  untilFound && findings.all().length > 0;

function blocksOf({ seed, from, to, only }: RunOptions, chosen: Limits): number[] {
  const first = Math.floor(from / blockSize);
  const numbers = Array.from({ length: Math.ceil(to / blockSize) - first }, (_, index) => first + index);
  return numbers.filter((number) => {
    const { limits: ofBlock, kind } = blockOf(seed, number);
    return ofBlock === chosen && only.includes(kind);
  });
}

async function attackOne(chosen: Limits, numbers: readonly number[], findings: Findings, options: RunOptions) {
  let judge: Judge | undefined;
  let ended = false;
  const target = await startTarget({
    limits: chosen,
    plant: options.plant,
    onFault(what, detail) {
      ended ||= what === "the process ended";
      if (judge === undefined) findings.add(what, detail, []);
      else judge.found(what, detail);
    },
  });
  try {
    const onHarm = (rule: string, detail: string) => judge?.found(rule, detail);
    const watching = await Promise.all([
      startWatcher(target.port, watchers.websocket, "websocket", onHarm),
      startWatcher(target.port, watchers.polling, "polling", onHarm),
    ]);
    const start = await target.look(true);
    if (start === undefined) throw new Error("The server ended before the first case.");
    judge = createJudge(target, start, findings);
    const cases = await playAll(target, numbers, judge, options, () => ended || isOver(findings, options));
    if (!ended && !isOver(findings, options)) {
      await settle(target, start, judge);
      await judge.count(target.port);
    }
    const longestGapMs = Math.max(...watching.map((watcher) => watcher.longestGapMs()));
    if (longestGapMs > options.maxGapMs)
      judge.found("a client had to wait", `${Math.round(longestGapMs)} ms for a frame`);
    for (const watcher of watching) watcher.close();
    return { cases, longestGapMs, outcomes: judge.outcomes() };
  } finally {
    await target.stop();
  }
}

/** Each lane takes the next block when it is done with one. */
async function playAll(
  target: Target,
  numbers: readonly number[],
  judge: Judge,
  options: RunOptions,
  isEnded: () => boolean,
): Promise<number> {
  const { seed, onCase, onProgress, lanes } = options;
  const left = numbers.values();
  let cases = 0;
  let blocks = 0;
  const lane = async (): Promise<void> => {
    for (const number of left) {
      if (isEnded()) return;
      await playBlock(target.port, blockOf(seed, number), options, judge, (each, outcome) => {
        cases += 1;
        onCase?.(each, outcome);
      });
      blocks += 1;
      if (blocks % 250 === 0) onProgress?.(`${cases} cases`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return cases;
}

/** Waits for the server to be as it was: everybody gone, nothing half open, no memory kept. */
async function settle(
  target: Target,
  start: NonNullable<Awaited<ReturnType<Target["look"]>>>,
  judge: Judge,
): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    await judge.look();
    const now = await target.look(true);
    if (now === undefined) return;
    const left = {
      connections: now.connections - start.connections,
      sockets: now.sockets.length - start.sockets.length,
      "sockets on their way in": now.entering - start.entering,
      // The watcher on polling has one or two at a time.
      "TCP streams": now.tcpStreams - start.tcpStreams - 2,
      "MB of heap": Math.floor((now.heapBytes - start.heapBytes) / heapAllowance) * 64,
    };
    const kept = Object.entries(left).filter(([, count]) => count > 0);
    if (kept.length === 0) return;
    if (performance.now() > deadline) {
      for (const [what, count] of kept)
        judge.found(`something was left behind: ${what}`, `${count} more than at the start`);
      return;
    }
    await pause(250);
  }
}
