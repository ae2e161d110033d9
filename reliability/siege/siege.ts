import { createPinning } from "../../bench/process/pinning.ts";
import { measureRefusedHandshakes, type RefusedHandshakes } from "./refused-handshakes.ts";
import { measureRevocations, type Revocations } from "./revocations.ts";
import { measureUnderAttack, type UnderAttack } from "./under-attack.ts";

export interface Siege {
  readonly underAttack: UnderAttack;
  readonly revocations: Revocations;
  readonly handshakes: RefusedHandshakes;
  readonly pinned: boolean;
}

export interface Extent {
  readonly rounds: number;
  readonly calmMs: number;
  readonly attackMs: number;
  /** Delays go back to what they were before the next calm is measured. */
  readonly settleMs: number;
  readonly bystanders: number;
  readonly trials: number;
  readonly atOnce: number;
  readonly others: number;
  readonly handshakes: number;
}

export const whole: Extent = {
  ...{ rounds: 3, calmMs: 2500, attackMs: 3000, settleMs: 500, bystanders: 20 },
  ...{ trials: 1000, atOnce: 50, others: 300, handshakes: 100_000 },
};

export const quick: Extent = {
  ...{ rounds: 1, calmMs: 100, attackMs: 500, settleMs: 0, bystanders: 5 },
  ...{ trials: 16, atOnce: 16, others: 5, handshakes: 2000 },
};

export async function runSiege(extent: Extent, onProgress: (line: string) => void): Promise<Siege> {
  const pinning = createPinning();
  onProgress("Under attack ...");
  const underAttack = await measureUnderAttack({ pinning, ...extent });
  onProgress("Revocations ...");
  const revocations = await measureRevocations({ pinning, ...extent });
  onProgress("Refused handshakes ...");
  const handshakes = await measureRefusedHandshakes(pinning, extent.handshakes);
  return { underAttack, revocations, handshakes, pinned: pinning.pinned };
}
