import { percentile } from "../../packages/client/test/support/percentile.ts";
import type { Check, ReportFault, Rules } from "./check.ts";
import type { Stalls } from "./stalls.ts";

export interface Recoveries extends Check {
  /** One for each time that a client came back: since the server could last be reached anew, without stalls. Known at the end. */
  readonly tookMs: readonly number[];
}

/** Everybody comes back, and soon: counted from the moment at which the server could be reached, and not from the loss. */
export function createRecoveries({ recoveryP99Ms }: Rules, stalls: Stalls, report: ReportFault): Recoveries {
  const out = new Map<string, number>();
  const tookMs: number[] = [];
  const sessionOf = new Map<string, string>();
  const revoked = new Set<string>();
  const recovered: { readonly actor: string; readonly since: number; readonly at: number }[] = [];

  const neverBack = (client: string): void => report("never_back", client, "lost its connection and did not come back");

  return {
    tookMs,
    take(line) {
      switch (line.operation) {
        case "connected":
          return void sessionOf.set(line.actor, line.session);
        case "revoked":
          return void revoked.add(line.session);
        case "gone":
          if (out.has(line.actor) && !revoked.has(sessionOf.get(line.actor) ?? "")) neverBack(line.actor);
          return void out.delete(line.actor);
        case "lost":
          return void out.set(line.actor, line.at);
        case "reachable": {
          const concerned = line.actor === undefined ? [...out.keys()] : [line.actor];
          for (const client of concerned) if (out.has(client)) out.set(client, line.at);
          return;
        }
        case "recovered": {
          const since = out.get(line.actor);
          if (since === undefined) return;
          out.delete(line.actor);
          recovered.push({ actor: line.actor, since, at: line.at });
        }
      }
    },
    end() {
      for (const client of out.keys()) neverBack(client);
      for (const { since, at } of recovered) tookMs.push(Math.round(at - since - stalls.within(since, at)));
      if (percentile(tookMs, 0.99) <= recoveryP99Ms) return;
      for (const [index, { actor }] of recovered.entries()) {
        const ms = tookMs[index] as number;
        if (ms > recoveryP99Ms) report("late_recovery", actor, `back after ${ms} ms; 99 % within ${recoveryP99Ms}`);
      }
    },
  };
}
