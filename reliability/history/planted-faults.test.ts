/** The checker of histories, with faults that were put in by hand: what it does not find here it would not find there. */
import { startStopwatch } from "@signalbox/server/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDice } from "../../packages/client/test/support/dice.ts";
import { type FaultKind, type Rules, shippedRules } from "./check.ts";
import { checkHistory } from "./check-history.ts";
import type { Line } from "./line.ts";
import { syntheticHistory } from "./synthetic.ts";

const small = { users: 2, clientsPerUser: 2, tasksPerUser: 3, ticks: 120 };
const history = (seed: number): Line[] => [...syntheticHistory({ random: createDice(seed), ...small })];

/** Every kind that is found, with how often. */
async function found(lines: readonly Line[], rules: Rules = shippedRules): Promise<Partial<Record<FaultKind, number>>> {
  const verdict = await checkHistory(lines, rules);
  return Object.fromEntries(Object.entries(verdict.found).filter(([, count]) => count > 0));
}

type Operation = Line["operation"];
type Of<Name extends Operation> = Line & { operation: Name };
const is =
  <Name extends Operation>(...names: Name[]) =>
  (line: Line): line is Of<Name> =>
    (names as string[]).includes(line.operation);

const sound = history(1);
const indexOf = (matches: (line: Line, index: number) => boolean): number => {
  const index = sound.findIndex(matches);
  if (index < 0) throw new Error("The history has no such line.");
  return index;
};
const at = <Name extends Operation>(index: number, _name: Name): Of<Name> => sound[index] as Of<Name>;
const without = (index: number): Line[] => sound.toSpliced(index, 1);
const inserted = (index: number, ...lines: Line[]): Line[] => sound.toSpliced(index, 0, ...lines);
const replaced = (index: number, change: object): Line[] => sound.with(index, { ...sound[index], ...change } as Line);

/** A client that is connected and does not receive a change, until it loses its connection so much later. */
function behindFor(ms: number): Line[] {
  const task = { task: "t", status: "running" } as const;
  const reported = { operation: "reported", actor: "server", owner: "ada", ...task } as const;
  return [
    { operation: "connected", actor: "a", user: "ada", session: "s", connection: 1, at: 0 },
    { operation: "watched", actor: "a", task: "t", at: 0 },
    { ...reported, version: 1, current: 1, at: 1 },
    { operation: "live", actor: "a", ...task, version: 1, current: 1, at: 2 },
    { ...reported, version: 2, current: 2, at: 3 },
    { operation: "lost", actor: "a", at: 3 + ms },
    { operation: "recovered", actor: "a", at: 3 + ms + 100 },
  ];
}

/** Puts lines where their time is. */
const joined = (lines: readonly Line[], ...more: Line[]): Line[] => [...lines, ...more].toSorted((a, b) => a.at - b.at);

/** The machine gave no core for so many milliseconds out of each fifty. */
const stalls = (ms: number, from: number, to: number): Line[] =>
  Array.from({ length: (to - from) / 50 }, (_, index) => ({ operation: "stalled", ms, at: from + 50 * (index + 1) }));

const firstFinal = indexOf(is("final"));
const final = at(firstFinal, "final");
const firstApplied = indexOf((line) => line.operation === "applied" && line.status === "running");
const applied = at(firstApplied, "applied");
/** The next change of the same task that the same client received. */
const nextApplied = indexOf(
  (line, index) =>
    index > firstApplied && line.operation === "applied" && line.actor === applied.actor && line.task === applied.task,
);

describe("a sound history", () => {
  it("has no faults, whatever its dice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), async (seed) => {
        expect(await found(history(seed))).toEqual({});
      }),
      { numRuns: 60 },
    );
  });

  it("has everything in it that a check looks at", async () => {
    const { operations, recoveries, injected } = await checkHistory(sound);
    const looked = ["reported", "committed", "accepted", "stored", "connected", "watched", "live", "applied", "final"];
    for (const operation of [...looked, "lost", "recovered", "resting"])
      expect(operations[operation], operation).toBeGreaterThan(1);
    expect(recoveries.count).toBeGreaterThan(0);
    expect(injected).toBeGreaterThan(0);
  });

  it("of a million lines is judged in seconds", async () => {
    const options = { users: 10, clientsPerUser: 3, tasksPerUser: 10, ticks: 4000 };
    const elapsed = startStopwatch();
    const verdict = await checkHistory(syntheticHistory({ random: createDice(7), ...options }));
    expect(verdict.lines).toBeGreaterThan(1_000_000);
    expect(verdict.faults).toEqual([]);
    expect(elapsed()).toBeLessThan(45_000);
  });
});

describe("one planted fault", () => {
  it("a final that was dropped is lost", async () => {
    expect(await found(without(firstFinal))).toMatchObject({ lost_final: 1 });
  });

  it("a final is lost as well for a client that closes later, but not where it knew of no connection", async () => {
    const { actor, task } = final;
    const end = sound.find(
      (line) => line.operation === "reported" && line.task === task && line.status === "completed",
    );
    const endAt = end?.at ?? 0;
    const isLater = (line: Line): boolean => line.at > endAt + 1200;
    const before = without(firstFinal).filter((line) => !isLater(line) && line.operation !== "lost");
    const gone: Line = { operation: "gone", actor, at: endAt + 1201 };
    expect(await found([...before, gone])).toHaveProperty("lost_final", 1);
    const aware = [{ operation: "lost", actor, at: endAt }, { ...gone }] as const;
    expect(await found([...before, ...aware])).not.toHaveProperty("lost_final");
  });

  it("progress that came twice is a duplicate, right after or later; a final as well", async () => {
    expect(await found(inserted(firstApplied + 1, applied))).toEqual({ duplicate: 1 });
    expect(await found(inserted(firstFinal + 1, final))).toEqual({ duplicate: 1 });
    expect(await found(inserted(sound.length, { ...final, at: at(sound.length - 1, "resting").at }))).toEqual({
      duplicate: 1,
    });
  });

  it("two that were swapped go backwards", async () => {
    const second = at(nextApplied, "applied");
    const swapped = inserted(nextApplied + 1, { ...applied, at: second.at }).toSpliced(firstApplied, 1);
    expect(await found(swapped)).toEqual({ backwards: 1 });
  });

  it("a state of another user's task is a leak", async () => {
    const stranger = sound.find(
      (line): line is Of<"connected"> =>
        is("connected")(line) && !applied.actor.startsWith(`client-${line.user.slice(5)}.`),
    );
    expect(await found(inserted(firstApplied + 1, { ...applied, actor: stranger?.actor ?? "" }))).toEqual({ leak: 1 });
  });

  it("a state of a task that the client does not watch is found as unwatched", async () => {
    const { task, actor } = applied;
    expect(await found(inserted(firstApplied, { operation: "left", actor, task, at: applied.at }))).toHaveProperty(
      "unwatched",
    );
  });

  it("an acknowledgement before its commit is early, and one without a commit as well", async () => {
    const commit = indexOf(is("committed"));
    const { task, version } = at(commit, "committed");
    const accept = indexOf((line) => line.operation === "accepted" && line.task === task && line.version === version);
    const early = sound.toSpliced(accept, 1).toSpliced(commit, 0, at(accept, "accepted"));
    expect(await found(early)).toEqual({ early_acknowledgement: 1 });
    expect(await found(without(commit))).toEqual({ early_acknowledgement: 1 });
  });

  it("an acknowledged end that the database does not have is lost", async () => {
    const stored = indexOf(is("stored"));
    expect(await found(without(stored))).toMatchObject({ lost_acknowledged: 1 });
    expect(await found(replaced(stored, { version: 1, status: "queued" }))).toMatchObject({ lost_acknowledged: 1 });
  });

  it("a stream that goes on without a client that believes to be connected is a gap", async () => {
    const { actor, task } = applied;
    const isTold = (line: Line) =>
      "task" in line && line.task === task && is("applied", "final")(line) && line.actor === actor;
    const started = sound.findIndex(isTold);
    const silent = sound.filter((line, index) => index <= started || !isTold(line) || line.operation === "final");
    expect(await found(silent, { ...shippedRules, behindMs: 300 })).toEqual({ silent_gap: 1 });
  });

  it("is no gap for a client that knows that its connection is lost, or where nothing gets through until it must be known", async () => {
    const lines = behindFor(2997);
    expect(await found(lines)).toEqual({ silent_gap: 1 });
    const silenced = lines.toSpliced(4, 0, { operation: "silenced", actor: "a", at: 2 });
    expect(await found(silenced)).toEqual({});
    expect(await found(silenced, { ...shippedRules, unnoticedMs: 1000 })).toEqual({ silent_gap: 1 });
    expect(await found(lines.toSpliced(4, 0, { operation: "lost", actor: "a", at: 2 }))).toEqual({});
  });

  it("a version that the server never had is invented, and one with other contents is altered", async () => {
    expect(await found(replaced(firstApplied, { version: applied.version + 0.5 }))).toEqual({ invented: 1 });
    expect(await found(replaced(firstApplied, { current: 12_345 }))).toEqual({ altered: 1 });
    const live = indexOf((line) => line.operation === "live" && line.current !== null);
    expect(await found(replaced(live, { current: 12_345 }))).toEqual({ altered: 1 });
  });

  it("an end that is not the database's is unequal", async () => {
    const stored = indexOf((line) => line.operation === "stored" && line.task === final.task);
    const watchers = sound.filter((line) => line.operation === "final" && line.task === final.task).length;
    expect(await found(replaced(stored, { status: "failed" }))).toEqual({ unequal_final: watchers });
  });

  it("what comes a second after its session was revoked is late", async () => {
    const session = "session of user-1";
    const last = sound.findLast(is("final"))?.at ?? 0;
    const revoked = (before: number) =>
      inserted(
        indexOf((line) => line.at >= last - before),
        { operation: "revoked", session, at: last - before },
      );
    expect(await found(revoked(1000))).toEqual({});
    expect(await found(revoked(1001))).toHaveProperty("late_revocation");
  });

  it("what a server still holds when everybody has gone is left behind, and a promise that was broken is named", async () => {
    const last = sound.length - 1;
    for (const measure of ["connections", "sockets", "handles"]) {
      expect(await found(replaced(last, { [measure]: 13 }))).toEqual({ left_behind: 1 });
    }
    const promised = { operation: "promised", promise: "readiness", detail: "200", at: 0 } as const;
    expect(await found(inserted(0, { ...promised, kept: false }))).toEqual({ broken_promise: 1 });
    expect(await found(inserted(0, { ...promised, kept: true }))).toEqual({});
  });

  it("a client that never comes back is named, and one that comes late, counted from when the server could be reached", async () => {
    const recovered = sound.findLastIndex(is("recovered"));
    expect(await found(without(recovered))).toHaveProperty("never_back");
    const rules = { ...shippedRules, recoveryP99Ms: 100 };
    const { actor, at: backAt } = at(recovered, "recovered");
    const lost = sound.findLastIndex(
      (line, index) => index < recovered && line.operation === "lost" && line.actor === actor,
    );
    const one = sound.filter((line, index) => !is("lost", "recovered")(line) || index === lost || index === recovered);
    expect(backAt - at(lost, "lost").at).toBeGreaterThanOrEqual(100);
    expect((await checkHistory(one, { ...rules, recoveryP99Ms: 99 })).found.late_recovery).toBe(1);
    const reachable = one.toSpliced(one.indexOf(at(recovered, "recovered")), 0, {
      operation: "reachable",
      at: backAt - 50,
    });
    expect((await checkHistory(reachable, { ...rules, recoveryP99Ms: 99 })).found.late_recovery).toBe(0);
  });
});

describe("time that the machine takes", () => {
  it("a server that holds a change for two seconds leaves a gap, whatever the machine did before and after", async () => {
    expect(await found(behindFor(2000))).toEqual({ silent_gap: 1 });
    const beside = [...stalls(50, -2000, 0), ...stalls(50, 2050, 4050)];
    expect(await found(joined(behindFor(2000), ...beside))).toEqual({ silent_gap: 1 });
  });

  it("does not count as a gap, in one piece or in many that add up, also where they are written down later", async () => {
    expect(await found(joined(behindFor(2000), { operation: "stalled", ms: 950, at: 1800 }))).toEqual({});
    expect(await found(joined(behindFor(2000), ...stalls(25, 0, 2000)))).toEqual({});
    const long: Line = { operation: "stalled", ms: 1500, at: 2100 };
    expect(await found(joined(behindFor(2000), long))).toEqual({});
    // One process was late by a little now and then while another waited all the time.
    expect(await found(joined(behindFor(2000), ...stalls(5, 0, 2000), long))).toEqual({});
  });

  it("is left out and no more: what remains is judged", async () => {
    expect(await found(joined(behindFor(2000), { operation: "stalled", ms: 850, at: 1800 }))).toEqual({
      silent_gap: 1,
    });
    expect(await found(joined(behindFor(2500), ...stalls(25, 0, 2500)))).toEqual({ silent_gap: 1 });
    // Two processes that wait at the same moment are late once.
    const twice = [...stalls(20, 0, 2000), ...stalls(20, 0, 2000)];
    expect(await found(joined(behindFor(2000), ...twice))).toEqual({ silent_gap: 1 });
  });

  it("does not prolong a silence that has ended", async () => {
    const silence: Line[] = [
      { operation: "silenced", at: -1000 },
      { operation: "stalled", ms: 50, at: -500 },
      { operation: "heard", at: -100 },
    ];
    expect(await found(joined(behindFor(2000), ...silence))).toEqual({ silent_gap: 1 });
  });

  it("does not count as a recovery, nor as a session that outlives its end", async () => {
    const rules = { ...shippedRules, recoveryP99Ms: 99 };
    const late = behindFor(500);
    expect(await found(late, rules)).toEqual({ late_recovery: 1 });
    expect(await found(joined(late, { operation: "stalled", ms: 10, at: 590 }), rules)).toEqual({});
    const before = behindFor(0).slice(0, 4);
    const revoked: Line[] = [
      ...before,
      { operation: "revoked", session: "s", at: 10 },
      { ...(before[3] as Line), at: 1110 },
    ];
    expect(await found(revoked)).toEqual({ late_revocation: 1 });
    expect(await found(joined(revoked, { operation: "stalled", ms: 100, at: 1100 }))).toEqual({});
  });
});
