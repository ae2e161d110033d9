/** A slice of the siege: everything but the times, which are for `npm run siege` on a machine that does nothing else. */
import { expect, it } from "vitest";
import { goalsOf } from "./goals.ts";
import { quick, runSiege } from "./siege.ts";

it("while a server is attacked in every way nothing leaks, ends or goes uncounted, and revoked sessions are closed", async () => {
  const siege = await runSiege(quick, () => {});
  const { underAttack, revocations, handshakes } = siege;
  expect([...underAttack.faults, ...revocations.faults, ...handshakes.faults]).toEqual([]);
  expect(underAttack.miscounts).toEqual([]);
  expect(underAttack.refusals).toBeGreaterThan(100);
  expect({ leaks: underAttack.leaks, lost: underAttack.lostBystanders }).toEqual({ leaks: 0, lost: 0 });
  expect({ open: revocations.open, late: revocations.late }).toEqual({ open: 0, late: 0 });
  expect([handshakes.refused, handshakes.counted, handshakes.metric]).toEqual(Array(3).fill(quick.handshakes));
  expect(handshakes.lines).toBeLessThanOrEqual(1000);
  expect(goalsOf(siege)).toHaveLength(12);
}, 180_000);
