import { cpus, loadavg, totalmem } from "node:os";
import type { Verdict } from "../history/check-history.ts";
import type { FaultKind } from "./kinds/kind.ts";
import type { KindResult } from "./run-kind.ts";

interface Run {
  readonly seed: number;
  readonly count: number;
  readonly seconds: number;
  readonly kinds: readonly FaultKind[];
  readonly results: readonly KindResult[];
}

/** docs/reliability/faults.md, of one run. */
export function writeReport({ seed, count, seconds, kinds, results }: Run): string {
  const own = new Map(results.filter(({ layer }) => layer === "signalbox").map((result) => [result.name, result]));
  const bare = new Map(results.filter(({ layer }) => layer === "bare").map((result) => [result.name, result]));
  const events = sum([...own.values()].map(({ verdict }) => verdict.lines));
  const injected = sum([...own.values()].map(({ verdict }) => verdict.injected));
  const broken = [...own.values()].filter(({ verdict }) => verdict.faults.length > 0);

  return `# Faults

What \`npm run faults\` found, on one node with SQLite. The page is written by \`npm run faults -- --write\`, and judged by
[the checker of histories](history.md), a program of its own.

**${number(injected)} faults of ${own.size} kinds, ${number(events)} recorded events: ${number(lossesOf(own))} acknowledged or final states lost, ${number(total(own, "duplicate"))} handed over twice, ${number(total(own, "silent_gap"))} silent gaps. ${broken.length === 0 ? "Every promise was kept." : `Broken: ${broken.map(({ name }) => name).join(", ")}.`}**

Seed ${seed}, ${count} of each kind, ${Math.round(seconds / 60)} minutes. ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}; load average of the last 15 minutes: ${loadavg()[2]?.toFixed(1)}. \`npm run faults -- --seed ${seed} --count ${count}\` puts the same faults in, in the same order; what the machine does between them differs.

## What was put in

24 clients (8 users with 3 each, one of them on polling) watch 120 tasks that go on by two steps a second each, end and are
followed by others; in the first row there are 500 tasks, at a third of that pace. The heartbeat is 2 + 2 s, so that a dead connection need not be waited
for 45 s. Four notices a second are sent, to one user, to everybody, or to administrators, of whom there are none here; every
client follows those of its user, and reads them. The longest delay of the clients' own dice is 3 s. Everything else is as shipped, with the limits for one address and
user lifted, because all clients come from one address.

"Back" is the time from when the server could be reached again until everything that a client watches is live: half of the
clients, 99 %, all; "–" where nobody loses a connection.

| fault | promise | times | events | lost | twice | silent gaps | other | back, ms | kept |
|---|---|---|---|---|---|---|---|---|---|
${kinds.map((kind) => row(kind, own.get(kind.name))).join("\n")}

"Other" are the checker's further kinds of violations: going backwards, invented, altered or unequal states, leaks to other
users, early acknowledgements, something delivered on a revoked session, something left behind, and promises that were looked
at while they had to hold (readiness, exit within the limit, closed at the limit, …).

${stallsOf(own)}

Clients on polling are the first to be late on a busy machine, of bare Socket.IO as well. What is sent while no request of
theirs is outstanding waits for the next one: a state goes from process to process three times where it goes once over
WebSocket, and each of them may wait for a core. At a load of 30 on two cores half of the states reached them after 377 ms and
99 % after 2,085 ms, over WebSocket after 162 and 1,881 ms. Without waits for a core there is no difference: in the first row
99.9 % of 11,153 states reached clients on polling within 282 ms, and of 23,454 those on WebSocket within 260 ms.

## Beside bare Socket.IO

The same work, the same faults and the same checker, on Socket.IO with \`connectionStateRecovery\` and socket.io-client: an emit
to a room for each change, the state in the answer to a join, the application joins again where the connection could not be
recovered, and takes from that answer only what is new to it. Work, versions and store are Signalbox's own here too: what
commits give, bare Socket.IO has as well, and what is compared is delivery alone. An application that looks at versions itself
would drop what comes twice.

| fault | | lost | twice | backwards | silent gaps | did not come back | back, ms (p50 / p99) |
|---|---|---|---|---|---|---|---|
${kinds
  .filter(({ compared }) => compared)
  .flatMap((kind) => [
    comparison(kind.fault, "Signalbox", own.get(kind.name)),
    comparison("", "bare", bare.get(kind.name)),
  ])
  .join("\n")}

## What is not covered

- Several nodes and Redis: those are [a page of their own](faults-of-two-nodes.md).
- A power cut. Nothing here takes the machine's memory away; that an acknowledged row survives it rests on SQLite's
  \`synchronous=FULL\` and on a disk that does what it says.
- A disk that hangs. SQLite waits for it on the server's event loop: that is the row of the frozen process.
- A client that is offline for minutes: here it is 1 and 30 s.
- Browsers: the clients run in Node. What a page adds (sleep, freezing, the back/forward cache, shared tabs) is tested in
  \`packages/client/test\`.
`;
}

/** docs/reliability/faults-of-two-nodes.md, of one run. */
export function writeClusterReport({ seed, count, seconds, kinds, results }: Run): string {
  const own = new Map(results.map((result) => [result.name, result]));
  const events = sum([...own.values()].map(({ verdict }) => verdict.lines));
  const injected = sum([...own.values()].map(({ verdict }) => verdict.injected));
  const broken = [...own.values()].filter(({ verdict }) => verdict.faults.length > 0);
  return `# Faults of two nodes

What \`npm run faults -- --cluster\` found, on two nodes with one Redis, which keeps nothing on disk, and one PostgreSQL.
The page is written by that program with \`--write\`, and judged by [the checker of histories](history.md); what is put in
beside the faults is as for [one node](faults.md): 24 clients, half of them with each node, of which a client takes the other
when its own is gone; each node works at half of the tasks, and sends four notices a second.

**${number(injected)} faults of ${own.size} kinds, ${number(events)} recorded events: ${number(lossesOf(own))} acknowledged or final states lost, ${number(total(own, "duplicate"))} handed over twice, ${number(total(own, "silent_gap"))} silent gaps. ${broken.length === 0 ? "Every promise was kept." : `Broken: ${broken.map(({ name }) => name).join(", ")}.`}**

Seed ${seed}, ${count} of each kind, ${Math.round(seconds / 60)} minutes. ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}; load average of the last 15 minutes: ${loadavg()[2]?.toFixed(1)}.

While Redis is away, what one node is told cannot reach the clients of the other, and neither can know of it: a gap in that
time is no fault of this list, and one that is there 5 s after its return is. What a node's own clients are told goes on
meanwhile, which is looked at.

| fault | promise | times | events | lost | twice | silent gaps | other | back, ms | kept |
|---|---|---|---|---|---|---|---|---|---|
${kinds.map((kind) => row(kind, own.get(kind.name))).join("\n")}

The columns are explained with [the faults of one node](faults.md). ${stallsOf(own)}
`;
}

/** What the machine did beside the run, and that it is left out. */
function stallsOf(results: ReadonlyMap<string, KindResult>): string {
  const verdicts = [...results.values()].map(({ verdict }) => verdict);
  const seconds = (ms: readonly number[]): string => number(Math.round(sum(ms) / 1000));
  return `For ${seconds(verdicts.map(({ stalledMs }) => stalledMs))} s of ${seconds(verdicts.map(({ tookMs }) => tookMs))} s in all, of several kinds at a time, a process of the run waited for a core: [that time](history.md#time-that-the-machine-takes) is left out of every limit, and of "back".`;
}

function row({ fault, promise }: FaultKind, result: KindResult | undefined): string {
  if (result === undefined) return cells([fault, promise, "not run", "", "", "", "", "", "", ""]);
  const { verdict, means } = result;
  const { found, recoveries, injected, lines, faults } = verdict;
  const losses = found.lost_final + found.lost_acknowledged;
  const other = sum(Object.values(found)) - losses - found.duplicate - found.silent_gap;
  const back = recoveries.count === 0 ? "–" : `${recoveries.p50Ms} / ${recoveries.p99Ms} / ${recoveries.maxMs}`;
  return cells([
    means === undefined ? fault : `${fault} (${means})`,
    promise,
    ...[injected, lines, losses, found.duplicate, found.silent_gap, other].map(number),
    back,
    faults.length === 0 ? "yes" : "**no**",
  ]);
}

function comparison(fault: string, who: string, result: KindResult | undefined): string {
  if (result === undefined) return cells([fault, who, "not run", "", "", "", "", ""]);
  const { found, recoveries } = result.verdict;
  const losses = found.lost_final + found.lost_acknowledged;
  return cells([
    fault,
    who,
    ...[losses, found.duplicate, found.backwards, found.silent_gap, found.never_back].map(number),
    recoveries.count === 0 ? "–" : `${recoveries.p50Ms} / ${recoveries.p99Ms}`,
  ]);
}

const cells = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
const number = (value: number): string => value.toLocaleString("en-US");
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const total = (results: ReadonlyMap<string, KindResult>, kind: keyof Verdict["found"]): number =>
  sum([...results.values()].map(({ verdict }) => verdict.found[kind]));
const lossesOf = (results: ReadonlyMap<string, KindResult>): number =>
  total(results, "lost_final") + total(results, "lost_acknowledged");
