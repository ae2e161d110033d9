import type { Check, ReportFault, Rules } from "./check.ts";
import type { Stalls } from "./stalls.ts";

/** Nothing reaches a client by a session that is over, but for the moment that it takes to close. */
export function createSessions({ revokedMs }: Rules, stalls: Stalls, report: ReportFault): Check {
  const sessionOf = new Map<string, string>();
  const revokedAt = new Map<string, number>();

  return {
    take(line) {
      switch (line.operation) {
        case "connected":
          sessionOf.set(line.actor, line.session);
          break;
        case "revoked":
          return void revokedAt.set(line.session, line.at);
        case "applied":
        case "final":
        case "live":
          break;
        default:
          return;
      }
      const since = revokedAt.get(sessionOf.get(line.actor) ?? "");
      if (since === undefined) return;
      const { operation, actor } = line;
      const task = "task" in line ? line.task : undefined;
      stalls.ifLonger(revokedMs, since, line.at, (ms) => {
        const detail = `${operation} ${Math.round(ms)} ms after its session was revoked`;
        report("late_revocation", actor, detail, task);
      });
    },
    end() {},
  };
}
