import type { Check, ReportFault } from "./check.ts";
import type { Stalls } from "./stalls.ts";

interface Reader {
  readonly user: string;
  session: string;
  /** Its first connection, or when it had read its ledger for the first time. */
  since: number;
  hasBegun: boolean;
  /** What its application was handed, by number. */
  readonly told: Map<number, string>;
  readonly heard: Set<string>;
  last: number;
  marks: { acknowledged: number; read: number };
  /** It knows that it has no connection. */
  isOut: boolean;
  /** Its application has closed it, or its session is over: what is stored later is not owed to it. */
  owedUntil: number;
}

/**
 * A client that begins receives what no client had acknowledged by then. Another one of its user may acknowledge what
 * was sent while it was beginning.
 */
const beginningMs = 5000;

/** What is on its way to a client that is closed may be lost with it. */
const endingMs = 2000;

/**
 * Notices: a sender that knows that one is stored can rely on each of its readers being handed it, once, in the order
 * of numbers that are the same for all clients of a user. No other client is handed it.
 */
export function createNotices(stalls: Stalls, report: ReportFault): Check {
  const audiences = new Map<string, string>();
  const kept = new Map<string, number>();
  const readers = new Map<string, Reader>();
  /** Handed over before the first connection, of which the history says whose it is: a client may read what is stored first. */
  const early = new Map<string, { readonly notice: string; readonly seq: number }[]>();
  const ledgers = new Map<string, Map<number, string>>();

  const ownMs = (from: number, to: number): number => to - from - stalls.within(from, to);
  const isFor = (audience: string, user: string): boolean => audience === "everyone" || audience === `user:${user}`;

  function tell(actor: string, notice: string, seq: number): void {
    const reader = readers.get(actor);
    const audience = audiences.get(notice);
    if (audience === undefined) {
      return report("invented", actor, `notice ${notice}, which nobody sent, as number ${seq}`);
    }
    if (reader === undefined) return void early.set(actor, [...(early.get(actor) ?? []), { notice, seq }]);
    if (!isFor(audience, reader.user)) {
      return report("leak", actor, `notice ${notice} for ${audience}, told to ${reader.user}`);
    }
    if (reader.told.has(seq) || reader.heard.has(notice)) {
      return report("duplicate", actor, `notice ${notice} as number ${seq}, again`);
    }
    if (seq < reader.last) report("backwards", actor, `notice number ${seq} after ${reader.last}`);
    else if (reader.last > 0 && seq > reader.last + 1) {
      report("silent_gap", actor, `notice number ${seq} right after ${reader.last}`);
    }
    const ledger = ledgers.get(reader.user) ?? new Map<number, string>();
    ledgers.set(reader.user, ledger);
    const other = ledger.get(seq);
    if (other !== undefined && other !== notice) {
      report("altered", actor, `notice number ${seq} is ${notice}; another client of ${reader.user} has ${other}`);
    }
    ledger.set(seq, notice);
    reader.told.set(seq, notice);
    reader.heard.add(notice);
    reader.last = Math.max(reader.last, seq);
  }

  return {
    take(line) {
      switch (line.operation) {
        case "sent":
          return void audiences.set(line.notice, line.audience);
        case "kept":
          return void kept.set(line.notice, line.at);
        case "connected": {
          const { actor, user, session, at } = line;
          const known = readers.get(actor);
          if (known !== undefined) known.session = session;
          else
            readers.set(actor, {
              ...{ user, session, since: at, hasBegun: false, told: new Map(), heard: new Set(), last: 0 },
              ...{ isOut: false, owedUntil: Number.MAX_SAFE_INTEGER },
              marks: { acknowledged: 0, read: 0 },
            });
          for (const { notice, seq } of early.get(actor) ?? []) tell(actor, notice, seq);
          early.delete(actor);
          return;
        }
        case "notified":
          return tell(line.actor, line.notice, line.seq);
        case "marked": {
          const reader = readers.get(line.actor);
          if (reader === undefined) return;
          const { acknowledged, read, at } = line;
          // A client has begun once it has read its ledger, which takes its time on a busy machine.
          if (!reader.hasBegun) reader.since = at;
          reader.hasBegun = true;
          if (acknowledged < reader.marks.acknowledged || read < reader.marks.read) {
            report("backwards", line.actor, `marks fell to ${acknowledged} and ${read}`);
          }
          reader.marks = { acknowledged, read };
          return;
        }
        case "lost":
        case "recovered": {
          const reader = readers.get(line.actor);
          if (reader !== undefined) reader.isOut = line.operation === "lost";
          return;
        }
        case "gone": {
          const reader = readers.get(line.actor);
          const until = reader?.isOut ? 0 : line.at;
          if (reader !== undefined) reader.owedUntil = Math.min(reader.owedUntil, until);
          return;
        }
        case "revoked":
          for (const reader of readers.values()) if (reader.session === line.session) reader.owedUntil = 0;
      }
    },
    end() {
      for (const [actor, [first]] of early) {
        report("leak", actor, `notice ${first?.notice}, told to a client that never connected`);
      }
      for (const [actor, reader] of readers) {
        for (const [notice, at] of kept) {
          if (reader.heard.has(notice) || !isFor(audiences.get(notice) ?? "", reader.user)) continue;
          if (ownMs(reader.since, at) <= beginningMs || ownMs(at, reader.owedUntil) <= endingMs) continue;
          report("lost_acknowledged", actor, `notice ${notice}, which its sender was told is stored`);
        }
      }
    },
  };
}
