/** SECURITY.md compares bare Socket.IO with Signalbox case by case: both are attacked here, and the page is held to it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { probes, type Row, runTraps } from "./run-traps.ts";
import { tableIn, tableOf, verdictsOf } from "./table.ts";

let rows: Row[] = [];
beforeAll(async () => {
  rows = await runTraps();
}, 240_000);

describe("the traps of Socket.IO", () => {
  it("has a probe for each trap and each kind of case", () => {
    const ids = new Set(probes.map(({ id }) => id));
    expect([...ids].join(" ")).toBe("T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 A B C D E F G");
  });
  it.each(probes.map((probe, index) => ({ ...probe, index })))(
    "$id: $rule: open on bare Socket.IO, closed here",
    ({ index }) => {
      const { bare, signalbox } = rows[index] as Row;
      expect({ ...bare }).toMatchObject({ open: true });
      expect({ ...signalbox }).toMatchObject({ open: false });
    },
  );
  it("are in SECURITY.md as they were found", () => {
    const page = readFileSync(join(import.meta.dirname, "../../SECURITY.md"), "utf8");
    expect(verdictsOf(tableIn(page))).toEqual(verdictsOf(tableOf(rows)));
  });
});
