import type { RefusalCode } from "@signalbox/protocol";
import type { Case, Kind } from "../cases/case.ts";
import type { Response } from "../drive/http-response.ts";
import type { State } from "../target/messages.ts";
import type { Target } from "../target/target.ts";
import { judgePacket, judgeResponse, leakIn, type Verdict } from "./answers.ts";
import { readCounts, uncounted } from "./counts.ts";
import { unexplained } from "./effects.ts";
import type { Findings } from "./findings.ts";
import { type Account, createLedger } from "./ledger.ts";

/** Looks at everything that comes back, and at what it has done. One for each server. */
export interface Judge {
  /** Call this before a connection with this `sid` is opened. */
  open(sid: string): Account;
  begin(each: Case): void;
  /** How a case ended, for the table. */
  end(each: Case, outcome: string): void;
  /** Judges an Engine.IO packet that came during a case. */
  packet(text: string, account: Account): Verdict;
  response(response: Response, account: Account, headOnly?: boolean): Verdict;
  found(rule: string, detail: string): void;
  /** Compares the server with what it was at the start. */
  look(): Promise<void>;
  /** Call this when no case is under way any more: compares what was seen with what was counted. */
  count(port: number): Promise<void>;
  outcomes(): ReadonlyMap<Kind, ReadonlyMap<string, number>>;
}

export function createJudge(target: Target, start: State, findings: Findings): Judge {
  const ledger = createLedger();
  const underWay = new Set<number>();
  const seen = new Map<RefusalCode, number>();
  const outcomes = new Map<Kind, Map<string, number>>();

  const found = (rule: string, detail: string): void => findings.add(rule, detail, [...underWay]);

  function take(verdict: Verdict): Verdict {
    if (verdict.problem !== undefined) found("an answer that the contract does not have", verdict.problem);
    if (verdict.code !== undefined) seen.set(verdict.code, (seen.get(verdict.code) ?? 0) + 1);
    return verdict;
  }

  return {
    open: ledger.open,
    begin: ({ number }) => void underWay.add(number),
    end({ number, kind }, outcome) {
      underWay.delete(number);
      const ofKind = outcomes.get(kind) ?? new Map<string, number>();
      outcomes.set(kind, ofKind.set(outcome, (ofKind.get(outcome) ?? 0) + 1));
    },
    packet: (text, account) => take(judgePacket(text, account)),
    response({ status, body }, account, headOnly = false) {
      const leak = leakIn(body, account);
      return take(leak === undefined ? judgeResponse(status, body, headOnly) : { outcome: "leak", problem: leak });
    },
    found,
    async look() {
      const state = await target.look();
      if (state === undefined) return;
      for (const { rule, detail } of unexplained(start, state, ledger)) found(rule, detail);
      ledger.forget();
    },
    async count(port) {
      for (const missing of uncounted(seen, await readCounts(port))) found("a refusal was not counted", missing);
    },
    outcomes: () => outcomes,
  };
}
