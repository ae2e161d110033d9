/** A slice of the fuzzing, and proof that it would have found something. `npm run fuzz` is the whole of it. */
import { describe, expect, it } from "vitest";
import { kinds } from "../cases/case.ts";
import { runFuzz } from "../run.ts";
import type { PlantName } from "../target/plants.ts";

/** Here a server shares two cores with other tests: what it owes to its watchers is judged by `npm run fuzz`. */
const slice = { from: 0, only: kinds, lanes: 16, maxGapMs: 5000 };

describe("a server that is sent mutations of everything valid", () => {
  it("does nothing that the contract does not explain", { timeout: 180_000 }, async () => {
    const { findings, cases } = await runFuzz({ ...slice, seed: 20_261_126, to: 1000 });
    expect(findings).toEqual([]);
    expect(cases).toBe(1000);
  });
});

describe("a planted fault", () => {
  it.concurrent.each<[PlantName, string]>([
    ["exits", "the process ended"],
    ["rejects", "an unhandled rejection"],
    ["pollutes", "a prototype was polluted"],
    ["leaks", "an answer that the contract does not have"],
    ["relays", "a client was told what is not its own"],
    ["admits", "a room was joined without a right to it"],
    ["promotes", "a socket with another role than its user's"],
    ["misspeaks", "an answer that the contract does not have"],
    ["teapot", "an answer that the contract does not have"],
    ["drops", "a client lost its connection"],
  ])("that %s is named: %s", { timeout: 180_000 }, async (plant, rule) => {
    const only = plant === "teapot" ? (["http"] as const) : (["packets"] as const);
    const { findings } = await runFuzz({ ...slice, seed: 3, to: 1000, only, plant, untilFound: true });
    const found = findings.find((finding) => finding.rule === rule);
    expect(found, JSON.stringify(findings)).toBeDefined();
    // Nothing is found without a case that can be sent again.
    expect(found?.cases.length).toBeGreaterThan(0);
  });
});
