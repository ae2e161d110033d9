import type { Siege } from "./siege.ts";

export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly figure: string;
  readonly met: boolean;
}

const worstRatio = 2;

/** Every number that is promised, beside what was measured. */
export function goalsOf({ underAttack, revocations, handshakes }: Siege): Goal[] {
  const worst = underAttack.figures.reduce((a, b) => (a.ratio >= b.ratio ? a : b));
  const faults = [...underAttack.faults, ...revocations.faults, ...handshakes.faults];
  const exact = (what: string, figure: number, goal = 0): Goal => ({
    ...{ what, goal: String(goal), figure: String(figure), met: figure === goal },
  });
  return [
    {
      what: "p99 of the bystanders under attack, against calm (the worst attack)",
      goal: `at most ${worstRatio} times`,
      figure: `${worst.ratio.toFixed(2)} times: ${worst.attack}`,
      met: worst.ratio <= worstRatio,
    },
    {
      what: `revocation to closed, p99 of ${revocations.trials} trials`,
      goal: "under 1,000 ms",
      figure: `${revocations.p99Ms.toFixed(0)} ms`,
      met: revocations.p99Ms < 1000,
    },
    exact("connections open 5 s after their session has ended", revocations.open),
    exact("told or accepted later than a second after", revocations.late),
    exact("exits, uncaught exceptions, errors in the log", faults.length),
    exact("words for bystanders that an attacker received", underAttack.leaks),
    exact("bystanders who lost their connection", underAttack.lostBystanders),
    exact("differences between refusals and their counts", underAttack.miscounts.length),
    exact("refused handshakes counted in the security log", handshakes.counted, handshakes.sent),
    exact("and in the metrics", handshakes.metric, handshakes.sent),
    {
      what: `lines of the security log for ${handshakes.sent.toLocaleString("en")} refused handshakes`,
      goal: "at most 1,000",
      figure: String(handshakes.lines),
      met: handshakes.lines <= 1000,
    },
    {
      what: "growth of the heap by them",
      goal: "at most 8 MB",
      figure: `${handshakes.heapMb.toFixed(1)} MB`,
      met: handshakes.heapMb <= 8,
    },
  ];
}
