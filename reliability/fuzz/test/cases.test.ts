/** What is sent: determined by seed and number, valid before it is changed, and of every kind. */
import { createHash } from "node:crypto";
import { contract } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { admins, attackers, canary } from "../bait.ts";
import { blockOf, blockSize, type Case, caseOf, kinds } from "../cases/case.ts";
import { samplePacket } from "../cases/packets.ts";
import { createDice } from "../dice.ts";
import { limits } from "../target/target.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
const digest = (cases: readonly Case[]): string => {
  const hash = createHash("sha256");
  for (const { messages } of cases) for (const { payload } of messages) hash.update(payload).update("|");
  return hash.digest("hex");
};

describe("a case", () => {
  it("is the same bytes for the same seed and number, in whatever order cases are made", () => {
    const cases = numbers(300).map((number) => caseOf(5, number));
    const again = numbers(300)
      .reverse()
      .map((number) => caseOf(5, number))
      .reverse();
    expect(again.map((each) => digest([each]))).toEqual(cases.map((each) => digest([each])));
  });
  it("is another one for another seed or number", () => {
    const digests = numbers(50).flatMap((n) => [
      digest([caseOf(5, n * blockSize)]),
      digest([caseOf(6, n * blockSize)]),
    ]);
    expect(new Set(digests).size).toBeGreaterThan(90);
  });
  it("never holds what only the watchers may know", () => {
    for (const number of numbers(2000)) {
      for (const { payload } of caseOf(1, number).messages) expect(payload.includes(canary)).toBe(false);
    }
  });
});

describe("the cases of a run", () => {
  const blocks = numbers(400).map((number) => blockOf(1, number));

  it("are of all kinds, on both transports, by users and administrators, under both limits", () => {
    expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(new Set(blocks.map(({ transport }) => transport))).toEqual(new Set(["polling", "websocket"]));
    expect(new Set(blocks.map(({ who }) => who.role))).toEqual(new Set(["user", "admin"]));
    expect(new Set(blocks.map((block) => block.limits))).toEqual(new Set(limits));
  });
  it.each([
    ["/", attackers[0], [...contract["/"].clientEvents, ...contract["/"].legacyClientEvents]],
    ["/admin", admins[0], contract["/admin"].clientEvents],
  ] as const)("have among their samples every event of %s, and each kind of packet", (_namespace, who, events) => {
    if (who === undefined) throw new Error("There is nobody.");
    const names = new Set(numbers(2000).map((number) => samplePacket(who, createDice(1, number)).name));
    expect([...names]).toEqual(
      expect.arrayContaining([...events, "CONNECT", "DISCONNECT", "ACK", "BINARY_EVENT", "ENGINE"]),
    );
  });
});
