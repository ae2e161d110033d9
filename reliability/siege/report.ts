import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { goalsOf } from "./goals.ts";
import type { Extent, Siege } from "./siege.ts";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

export const goalsTable = (siege: Siege): string =>
  table(
    ["", "goal", "measured", ""],
    goalsOf(siege).map(({ what, goal, figure, met }) => [what, goal, figure, met ? "met" : "**missed**"]),
  );

const attacksTable = ({ underAttack }: Siege): string =>
  table(
    ["attack, at ten times the limit", "the limit", "calm p99", "attacked p99", "ratio", "worst"],
    underAttack.figures.map(({ attack, limit, calmMs, attackedMs, ratio, worstMs }) => [
      ...[
        attack,
        limit,
        `${calmMs.toFixed(2)} ms`,
        `${attackedMs.toFixed(2)} ms`,
        ratio.toFixed(2),
        `${worstMs.toFixed(1)} ms`,
      ],
    ]),
  );

/** Writes docs/reliability/siege.md. */
export function writeReport(siege: Siege, extent: Extent, seconds: number): void {
  const { underAttack, revocations } = siege;
  const machine = `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, load average of the last 15 minutes ${loadavg()[2]?.toFixed(1)}`;
  const page = `# Under siege

What others notice while somebody attacks, and how soon a session that has ended is gone. The page is written by \`npm run siege -- --write\`; \`--assert\` exits with 1 on a miss. A short slice is part of \`npm test\`, where the counts are judged and not the times.

${goalsTable(siege)}

${new Date().toISOString().slice(0, 10)}, ${Math.round(seconds)} s, ${machine}. ${siege.pinned ? "The server had a core of its own; attackers and bystanders shared the other." : "The processes could not be pinned to cores."}

## Bystanders

${extent.bystanders} people on WebSocket are sent a word of their own ten times a second, by an emit that nothing conflates. A delay is the time from the emit to the client's handler, on one clock; the bystanders have a process of their own, so that what attackers do to their event loop is not counted; nor is the time for which it or the server waited for a core. In each of ${extent.rounds} rounds each attack is measured for ${extent.attackMs / 1000} s, against the ${extent.calmMs / 1000} s of calm right before it; the figures are medians of the rounds, "worst" is the longest delay of all. Every setting is at its default: who floods is disconnected, and blocked when it goes on.

${attacksTable(siege)}

${underAttack.refusals.toLocaleString("en")} refusals were made meanwhile. What attackers were told is at most what \`signalbox_refusals_total\` counts, and that is exactly what the security log counts, type by type.${underAttack.miscounts.map((each) => `\n- ${each}`).join("")}

## Sessions that end

${revocations.trials.toLocaleString("en")} sessions end by logout, ban, loss of the administrator's role or expiry, over WebSocket and polling, ${extent.atOnce} at a time, beside ${extent.others} other connections. From then until the client knows that it is disconnected, without [stalls](history.md#time-that-the-machine-takes): p50 ${revocations.p50Ms.toFixed(0)} ms, p99 ${revocations.p99Ms.toFixed(0)} ms, at most ${revocations.maxMs.toFixed(0)} ms. The changes are announced by the session source; one that nobody announces is found within \`SIGNALBOX_SESSION_RECHECK\`.

## Limits of the method

Attackers are on the same machine: what a network takes off an attack, or adds to it, is not seen. They send at ten times the limits and not as fast as they can. Delays of a few milliseconds are mostly the kernel's and the client's.
`;
  writeFileSync(fileURLToPath(new URL("../../docs/reliability/siege.md", import.meta.url)), page);
}
