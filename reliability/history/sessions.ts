import type { Check, ReportFault, Rules } from "./check.ts";

/** Nothing reaches anybody by a session that is over, but for the moment that it takes to close. */
export function createSessions({ revokedMs }: Rules, report: ReportFault): Check {
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
      if (since === undefined || line.at - since <= revokedMs) return;
      const detail = `${line.operation} ${line.at - since} ms after its session was revoked`;
      report("late_revocation", line.actor, detail, "task" in line ? line.task : undefined);
    },
    end() {},
  };
}
