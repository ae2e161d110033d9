/** The checker of histories, with faults that were put in by hand: what it does not find here it would not find there. */
import { describe, expect, it } from "vitest";
import { checkHistory, type FaultKind, type HistoryLine, parseHistory, writeHistory } from "./history-checker.ts";
import { histogram, percentile } from "./percentile.ts";

const rules = {
  finals: new Map([
    ["a", { version: 30, status: "completed" }],
    ["b", { version: 25, status: "failed" }],
  ]),
  recoveryP99Ms: 5000,
};

const told = (kind: "applied" | "final", task: string, version: number, more: object = {}): HistoryLine => ({
  ...{ kind, client: "ada", task, version, status: kind === "applied" ? "running" : "completed", at: version },
  ...more,
});

/** Two clients, two tasks, two outages; nothing is wrong. */
const sound: readonly HistoryLine[] = [
  { kind: "watched", client: "ada", task: "a", at: 1 },
  { kind: "watched", client: "bob", task: "a", at: 2 },
  { kind: "watched", client: "ada", task: "b", at: 3 },
  told("applied", "a", 10),
  told("applied", "a", 11, { client: "bob" }),
  { kind: "lost", client: "ada", at: 1000 },
  { kind: "lost", client: "bob", at: 1000 },
  { kind: "reachable", at: 3000 },
  { kind: "recovered", client: "ada", at: 4000 },
  { kind: "reachable", client: "bob", at: 5000 },
  { kind: "recovered", client: "bob", at: 5500 },
  told("applied", "b", 20),
  told("final", "b", 25, { status: "failed" }),
  told("final", "a", 30),
  told("final", "a", 30, { client: "bob" }),
];

const kindsIn = (lines: readonly HistoryLine[]): FaultKind[] =>
  checkHistory(lines, rules).faults.map(({ kind }) => kind);

const without = (index: number): HistoryLine[] => sound.filter((_line, at) => at !== index);
const inserted = (index: number, ...lines: HistoryLine[]): HistoryLine[] => sound.toSpliced(index, 0, ...lines);

describe("a sound history", () => {
  it("has no faults, and a recovery time for each outage since the server could be reached", () => {
    expect(checkHistory(sound, rules)).toEqual({ faults: [], recoveriesMs: [1000, 500], finals: 3, applied: 3 });
  });

  it("is the same after it was written down and read", () => {
    expect(parseHistory(writeHistory(sound))).toEqual(sound);
  });

  it("may leave progress out, but not ends", () => {
    expect(kindsIn(without(3))).toEqual([]);
    expect(kindsIn([])).toEqual([]);
  });
});

describe("planted faults", () => {
  it("a final that was dropped is missing", () => {
    for (const index of [12, 13, 14]) expect(kindsIn(without(index))).toEqual(["missing_final"]);
  });

  it("a final that came twice is repeated, right after or later, also in a newer version", () => {
    expect(kindsIn(inserted(14, told("final", "a", 30)))).toEqual(["repeated_final"]);
    expect(kindsIn(inserted(15, told("final", "a", 30)))).toEqual(["repeated_final"]);
    expect(kindsIn(inserted(15, told("final", "a", 31)))).toEqual(["repeated_final", "invented"]);
  });

  it("a version that is no newer than the last one goes backwards, for that client only", () => {
    expect(kindsIn(inserted(12, told("applied", "a", 9)))).toEqual(["backwards"]);
    expect(kindsIn(inserted(12, told("applied", "a", 10)))).toEqual(["backwards"]);
    expect(kindsIn(inserted(12, told("applied", "a", 12)))).toEqual([]);
  });

  it("progress after the end goes backwards or is invented", () => {
    expect(kindsIn(inserted(15, told("applied", "a", 29)))).toEqual(["backwards"]);
    expect(kindsIn(inserted(15, told("applied", "a", 40)))).toEqual(["invented"]);
  });

  it("an end that the server does not have is invented: another version, another status, another task", () => {
    expect(kindsIn(without(13).toSpliced(13, 0, told("final", "a", 29)))).toEqual(["invented"]);
    expect(kindsIn(without(13).toSpliced(13, 0, told("final", "a", 30, { status: "cancelled" })))).toEqual([
      "invented",
    ]);
    const stranger = { kind: "watched", client: "ada", task: "c", at: 4 } as const;
    expect(kindsIn(inserted(3, stranger, told("final", "c", 5)))).toEqual(["invented"]);
  });

  it("what was not watched is not to be told", () => {
    expect(kindsIn(inserted(12, told("applied", "b", 21, { client: "bob" })))).toEqual(["unwatched"]);
  });

  it("a recovery that takes too long is late, measured from the server's return and not from the loss", () => {
    const late = sound.map((line) =>
      line.kind === "recovered" && line.client === "bob" ? { ...line, at: 10_001 } : line,
    );
    expect(kindsIn(late)).toEqual(["late"]);
    const justInTime = late.map((line) => (line.at === 10_001 ? { ...line, at: 10_000 } : line));
    expect(kindsIn(justInTime)).toEqual([]);
  });

  it("a connection that is lost anew before all was live is an outage of its own", () => {
    const again = inserted(8, { kind: "lost", client: "ada", at: 3900 });
    expect(checkHistory(again, rules).recoveriesMs).toEqual([100, 500]);
  });

  it("a client that never comes back is lost", () => {
    expect(kindsIn(without(8))).toEqual(["lost"]);
  });
});

describe("the figures", () => {
  it("a percentile is the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(hundred, 0.99), percentile(hundred, 0.5), percentile(hundred, 1)]).toEqual([99, 50, 100]);
    expect(percentile([], 0.99)).toBe(0);
  });

  it("a histogram counts each value once, from zero on", () => {
    expect(histogram([0, 499, 500, 1600], 500)).toEqual([2, 1, 0, 1]);
  });
});
