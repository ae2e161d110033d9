import { isFinal, type TaskStatus } from "@signalbox/protocol";
import type { Check, ReportFault, Rules } from "./check.ts";
import type { Stalls } from "./stalls.ts";

interface End {
  readonly version: number;
  readonly status: string;
}

/**
 * What is written: acknowledged after the commit and never before, never lost again; and one end of each task, which is
 * the database's, for everybody who watches it to the end.
 */
export function createEndings({ behindMs }: Rules, stalls: Stalls, report: ReportFault): Check {
  const committed = new Map<string, number>();
  const accepted = new Map<string, number>();
  const stored = new Map<string, End>();
  const endedAt = new Map<string, number>();
  /** Clients that know that they have no connection, or are not up to date yet. */
  const out = new Set<string>();
  /** The end that each client received of each task; null for none yet. */
  const told = new Map<string, Map<string, End | null>>();

  const toldOf = (actor: string) => {
    const known = told.get(actor) ?? new Map<string, End | null>();
    told.set(actor, known);
    return known;
  };

  function judge(actor: string, task: string, end: End | null): void {
    const truth = stored.get(task);
    const hasEnded = truth !== undefined && isFinal(truth.status as TaskStatus);
    if (end === null) {
      if (hasEnded) report("lost_final", actor, `watched, and never told of the end in version ${truth.version}`, task);
      return;
    }
    if (hasEnded && truth.version === end.version && truth.status === end.status) return;
    const has = truth === undefined ? "nothing" : `${truth.status} in version ${truth.version}`;
    report("unequal_final", actor, `told ${end.status} in version ${end.version}, the database has ${has}`, task);
  }

  /** Nothing more will come. A client that was up to date all the time has missed what it did not receive. */
  function leaveAll(actor: string, at: number): void {
    const ends = told.get(actor);
    for (const [task, end] of ends ?? []) {
      if (end !== null) continue;
      ends?.delete(task);
      const since = endedAt.get(task);
      if (since === undefined || out.has(actor)) continue;
      stalls.ifLonger(behindMs, since, at, (ms) =>
        report("lost_final", actor, `closed ${Math.round(ms)} ms after the end, and was never told of it`, task),
      );
    }
  }

  return {
    take(line) {
      switch (line.operation) {
        case "lost":
          return void out.add(line.actor);
        case "recovered":
          return void out.delete(line.actor);
        case "reported":
          if (isFinal(line.status as TaskStatus)) endedAt.set(line.task, line.at);
          return;
        case "committed":
          return void committed.set(line.task, Math.max(line.version, committed.get(line.task) ?? 0));
        case "accepted":
          if ((committed.get(line.task) ?? 0) < line.version) {
            report("early_acknowledgement", line.actor, `version ${line.version} before its commit`, line.task);
          }
          return void accepted.set(line.task, Math.max(line.version, accepted.get(line.task) ?? 0));
        case "stored": {
          const { task, version, status } = line;
          const acknowledged = accepted.get(task) ?? 0;
          if (acknowledged > version) {
            report("lost_acknowledged", line.actor, `version ${acknowledged}; the database has ${version}`, task);
          }
          return void stored.set(task, { version, status });
        }
        case "watched":
          if (!toldOf(line.actor).has(line.task)) toldOf(line.actor).set(line.task, null);
          return;
        case "left":
          if (told.get(line.actor)?.get(line.task) === null) told.get(line.actor)?.delete(line.task);
          return;
        case "gone":
          return leaveAll(line.actor, line.at);
        case "final": {
          const { actor, task, version, status } = line;
          if (told.get(actor)?.get(task) === null) toldOf(actor).set(task, { version, status });
        }
      }
    },
    end() {
      for (const [task, version] of accepted) {
        if (!stored.has(task)) report("lost_acknowledged", "server", `version ${version}; the database has none`, task);
      }
      for (const [actor, ends] of told) for (const [task, end] of ends) judge(actor, task, end);
    },
  };
}
