import { setTimeout as pause } from "node:timers/promises";
import type { RefusalCode } from "@signalbox/protocol";
import type { Pinning } from "../../bench/process/pinning.ts";
import { percentile } from "../../packages/client/test/support/percentile.ts";
import { securityTypeOf } from "../../packages/server/src/security-log/refusal-events.ts";
import { type Attack, attacks, type Tally } from "./attacks.ts";
import { type Besieged, besiege } from "./besieged.ts";
import { onceWritten } from "./once-written.ts";
import { placeWitnesses, type Witnesses } from "./witnesses.ts";

/** What bystanders noticed of one attack. Delays are of the 99th percentile, in milliseconds, medians of all rounds. */
interface AttackFigures {
  readonly attack: string;
  readonly limit: string;
  readonly calmMs: number;
  readonly attackedMs: number;
  readonly worstMs: number;
  /** The median of the rounds' ratios, each against the calm right before it. */
  readonly ratio: number;
}

export interface UnderAttack {
  readonly figures: readonly AttackFigures[];
  readonly lostBystanders: number;
  readonly leaks: number;
  /** Differences between what was refused and what was written down; empty when they agree. */
  readonly miscounts: readonly string[];
  readonly refusals: number;
  readonly faults: readonly string[];
}

interface UnderAttackOptions {
  readonly pinning: Pinning;
  readonly rounds: number;
  readonly calmMs: number;
  readonly attackMs: number;
  readonly settleMs: number;
  readonly bystanders: number;
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

export async function measureUnderAttack(options: UnderAttackOptions): Promise<UnderAttack> {
  const { pinning, rounds, bystanders } = options;
  const server = await besiege(pinning);
  const witnesses = await placeWitnesses(server, pinning, bystanders);
  const tally: Tally = { refusals: {}, leaks: 0 };
  const seen = new Map<Attack, { calm: number; attacked: number; worst: number }[]>();
  try {
    // The first seconds compile what the others run.
    await measure(witnesses, options.calmMs);
    for (let round = 0; round < rounds; round += 1) {
      for (const attack of attacks) {
        const calm = await measure(witnesses, options.calmMs);
        const end = attack.begin(server, tally);
        const attacked = await measure(witnesses, options.attackMs);
        end();
        await pause(options.settleMs);
        const figures = {
          calm: percentile(calm, 0.99),
          attacked: percentile(attacked, 0.99),
          worst: percentile(attacked, 1),
        };
        seen.set(attack, [...(seen.get(attack) ?? []), figures]);
      }
    }
    const { lost } = await witnesses.take();
    const { miscounts, refusals } = await onceWritten(
      () => compareCounts(server, tally),
      (counts) => counts.miscounts.length === 0,
    );
    return {
      figures: [...seen].map(([{ name, limit }, each]) => ({
        ...{ attack: name, limit },
        calmMs: median(each.map(({ calm }) => calm)),
        attackedMs: median(each.map(({ attacked }) => attacked)),
        worstMs: Math.max(...each.map(({ worst }) => worst)),
        ratio: median(each.map(({ calm, attacked }) => attacked / calm)),
      })),
      ...{ lostBystanders: lost, leaks: tally.leaks, miscounts, refusals, faults: server.faults },
    };
  } finally {
    witnesses.stop();
    await server.stop();
  }
}

async function measure(witnesses: Witnesses, ms: number): Promise<number[]> {
  await witnesses.take();
  await pause(ms);
  return (await witnesses.take()).delaysMs;
}

type Counts = Pick<UnderAttack, "miscounts" | "refusals">;

/**
 * What the attackers received must be counted, and what is counted must be in the security log, neither more nor less.
 */
async function compareCounts(server: Besieged, { refusals: told }: Tally): Promise<Counts> {
  const counted = await server.metric("signalbox_refusals_total");
  const { counts } = await server.call("log", {});
  const expected: Record<string, number> = {};
  for (const [code, times] of Object.entries(counted)) {
    const type = securityTypeOf(code as RefusalCode);
    if (type !== undefined) expected[type] = (expected[type] ?? 0) + times;
  }
  const miscounts = [
    ...Object.entries(told).flatMap(([code, times]) =>
      times > (counted[code] ?? 0)
        ? [`${code}: attackers were told ${times} times, counted ${counted[code] ?? 0}`]
        : [],
    ),
    ...Object.entries(expected).flatMap(([type, times]) => {
      // A block is an event of its own, beside the refusals that follow from it.
      const lines = (counts[type] ?? 0) - (type === "blocked" ? (counts.blocked ?? 0) - times : 0);
      return lines === times ? [] : [`${type}: refused ${times} times, the security log counts ${lines}`];
    }),
  ];
  return { miscounts, refusals: Object.values(counted).reduce((sum, times) => sum + times, 0) };
}
