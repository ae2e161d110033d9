/** The checker's rules for notices, with faults that were put in by hand. */
import { expect, it } from "vitest";
import type { FaultKind } from "./check.ts";
import { checkHistory } from "./check-history.ts";
import type { Line } from "./line.ts";

const start = 1_000_000;
const later = start + 10_000;

const connected = (actor: string, user: string): Line => ({
  ...{ operation: "connected", actor, user, session: `session of ${actor}`, connection: 1, at: start },
});
const sent = (notice: string, audience: string, at: number): Line[] => [
  { operation: "sent", actor: "server", notice, audience, at },
  { operation: "kept", actor: "server", notice, at: at + 1 },
];
const notified = (actor: string, notice: string, seq: number, at: number): Line => ({
  ...{ operation: "notified", actor, notice, seq, at },
});
const marked = (actor: string, acknowledged: number, read: number, at: number): Line => ({
  ...{ operation: "marked", actor, acknowledged, read, at },
});

/** Two clients of Ada and one of Bob; every notice reaches whom it is for. */
const sound: readonly Line[] = [
  ...[connected("ada.1", "ada"), connected("ada.2", "ada"), connected("bob.1", "bob")],
  ...sent("one", "user:ada", later),
  ...["ada.1", "ada.2"].map((actor) => notified(actor, "one", 1, later + 10)),
  ...sent("two", "everyone", later + 20),
  ...["ada.1", "ada.2"].map((actor) => notified(actor, "two", 2, later + 30)),
  notified("bob.1", "two", 1, later + 30),
  ...[marked("ada.1", 1, 0, later + 35), marked("ada.1", 2, 1, later + 36)],
  ...sent("three", "user:ada", later + 40),
  ...["ada.1", "ada.2"].map((actor) => notified(actor, "three", 3, later + 50)),
  ...sent("secret", "role:admin", later + 60),
  ...["ada.1", "ada.2", "bob.1"].map((actor): Line => ({ operation: "gone", actor, at: later + 20_000 })),
];

async function found(lines: readonly Line[]): Promise<Partial<Record<FaultKind, number>>> {
  const { found: all } = await checkHistory([...lines].sort((a, b) => a.at - b.at));
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

const indexOf = (actor: string, notice: string): number =>
  sound.findIndex((line) => line.operation === "notified" && line.actor === actor && line.notice === notice);
const without = (actor: string, notice: string): Line[] => sound.toSpliced(indexOf(actor, notice), 1);

it("the checker finds nothing wrong with a sound history", async () => {
  expect(await found(sound)).toEqual({});
});

it.each<[string, readonly Line[], Partial<Record<FaultKind, number>>]>([
  ["a stored notice that a reader was never handed", without("ada.2", "three"), { lost_acknowledged: 1 }],
  ["one for everybody that somebody was never handed", without("bob.1", "two"), { lost_acknowledged: 1 }],
  ["one that is handed over twice", [...sound, notified("ada.1", "two", 2, later + 70)], { duplicate: 1 }],
  ["one that comes again under another number", [...sound, notified("ada.1", "two", 4, later + 70)], { duplicate: 1 }],
  ["one that is for administrators", [...sound, notified("bob.1", "secret", 2, later + 70)], { leak: 1 }],
  ["one that is for somebody else", [...sound, notified("bob.1", "one", 2, later + 70)], { leak: 1 }],
  ["one that nobody sent", [...sound, notified("bob.1", "what", 2, later + 70)], { invented: 1 }],
  [
    "a number that is passed over",
    [...without("ada.2", "two"), notified("ada.2", "two", 4, later + 70)],
    { silent_gap: 1 },
  ],
  [
    "one number for two notices",
    [...without("ada.2", "three"), ...sent("x", "user:bob", later + 61), ...sent("y", "user:ada", later + 62)].concat([
      ...[notified("bob.1", "x", 2, later + 65), notified("ada.2", "y", 3, later + 65)],
      ...[notified("ada.2", "three", 4, later + 66), notified("ada.1", "y", 4, later + 66)],
    ]),
    { altered: 2 },
  ],
  [
    "an order that is not that of the numbers",
    [...without("ada.1", "two"), notified("ada.1", "two", 2, later + 70)],
    { silent_gap: 1, backwards: 1 },
  ],
  ["a mark that falls", [...sound, marked("ada.1", 1, 1, later + 70)], { backwards: 1 }],
])("the checker finds %s", async (_what, lines, expected) => {
  expect(await found(lines)).toEqual(expected);
});

it("the checker judges what a client receives before its first connection, as soon as it is known whose it is", async () => {
  const early = (lines: readonly Line[]): Line[] =>
    lines.map((line) => (line.operation === "connected" && line.user === "bob" ? { ...line, at: later + 31 } : line));
  expect(await found(early(sound))).toEqual({});
  expect(await found(early([...sound, notified("bob.1", "one", 2, later + 11)]))).toMatchObject({ leak: 1 });
  expect(await found([...sound, notified("eve.1", "one", 1, later + 70)])).toEqual({ leak: 1 });
});

it("the checker demands nothing for a client that was closed before, or whose session is over", async () => {
  const closed: Line = { operation: "gone", actor: "ada.2", at: later + 35 };
  expect(await found([...without("ada.2", "three"), closed])).toEqual({});
  const revoked: Line = { operation: "revoked", session: "session of ada.2", at: later + 35 };
  expect(await found([...without("ada.2", "three"), revoked])).toEqual({});
});
