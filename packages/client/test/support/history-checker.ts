/**
 * Judges what clients recorded while their connection was disturbed. Pure: the same history has always the same faults.
 */
import { percentile } from "./percentile.ts";

/** One line of a history. Times are milliseconds on one clock. */
export type HistoryLine =
  /** From now on this client wants to know what becomes of a task. */
  | { readonly kind: "watched"; readonly client: string; readonly task: string; readonly at: number }
  /** The application was told of progress, or of the end. */
  | {
      readonly kind: "applied" | "final";
      readonly client: string;
      readonly task: string;
      readonly version: number;
      readonly status: string;
      readonly at: number;
    }
  /** The connection was lost, maybe for the second time in a row; everything that was watched is live again. */
  | { readonly kind: "lost" | "recovered"; readonly client: string; readonly at: number }
  /** For whoever reads the history of a failure; nothing is judged by it. */
  | {
      readonly kind: "state";
      readonly client: string;
      readonly status: string;
      readonly code: string;
      readonly at: number;
    }
  /** The server can be reached from now on: again by this client, or by all. */
  | { readonly kind: "reachable"; readonly client?: string; readonly at: number };

/** How the server remembers a task's end. */
export interface TrueFinal {
  readonly version: number;
  readonly status: string;
}

export type FaultKind = "missing_final" | "repeated_final" | "backwards" | "invented" | "unwatched" | "late" | "lost";

interface Fault {
  readonly kind: FaultKind;
  readonly client: string;
  readonly task?: string;
  readonly detail: string;
}

export interface Verdict {
  readonly faults: readonly Fault[];
  /** One for each outage that a client came back from: time since the server could last be reached anew. */
  readonly recoveriesMs: readonly number[];
  readonly finals: number;
  readonly applied: number;
}

export interface Rules {
  /** The end of every task, as the server has it. */
  readonly finals: ReadonlyMap<string, TrueFinal>;
  /** The highest time that 99 of 100 recoveries may take. */
  readonly recoveryP99Ms: number;
}

export const parseHistory = (text: string): HistoryLine[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as HistoryLine);

export const writeHistory = (lines: readonly HistoryLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");

export function checkHistory(lines: readonly HistoryLine[], rules: Rules): Verdict {
  const told = checkTold(lines, rules.finals);
  const recovery = checkRecovery(lines, rules.recoveryP99Ms);
  return { ...told, ...recovery, faults: [...told.faults, ...recovery.faults] };
}

interface Seen {
  version: number;
  finals: number;
}

/** Every final once, versions that only rise, nothing that the server does not know. */
function checkTold(lines: readonly HistoryLine[], truth: Rules["finals"]): Omit<Verdict, "recoveriesMs"> {
  const faults: Fault[] = [];
  const seen = new Map<string, Seen & { client: string; task: string }>();
  let finals = 0;
  let applied = 0;

  for (const line of lines) {
    if (line.kind !== "watched" && line.kind !== "applied" && line.kind !== "final") continue;
    const { client, task } = line;
    const key = JSON.stringify([client, task]);
    if (line.kind === "watched") {
      if (!seen.has(key)) seen.set(key, { client, task, version: 0, finals: 0 });
      continue;
    }
    const fault = (kind: FaultKind, detail: string) => void faults.push({ kind, client, task, detail });
    const known = seen.get(key);
    if (known === undefined) {
      fault("unwatched", `${line.kind} of version ${line.version} without having watched`);
      continue;
    }
    if (known.finals > 0 && line.kind === "final") fault("repeated_final", `again as version ${line.version}`);
    else if (line.version <= known.version) fault("backwards", `${line.version} after ${known.version}`);
    known.version = Math.max(known.version, line.version);
    const end = truth.get(task);
    if (line.kind === "applied") {
      applied += 1;
      if (end !== undefined && line.version >= end.version) {
        fault("invented", `progress ${line.version}, but the task ended with version ${end.version}`);
      }
      continue;
    }
    finals += 1;
    known.finals += 1;
    if (end?.version !== line.version || end.status !== line.status) {
      const truthful = end === undefined ? "no end" : `${end.status} in version ${end.version}`;
      fault("invented", `${line.status} in version ${line.version}, but the server has ${truthful}`);
    }
  }
  for (const { client, task, finals: count } of seen.values()) {
    if (count === 0) faults.push({ kind: "missing_final", client, task, detail: "watched, but never told of the end" });
  }
  return { faults, finals, applied };
}

/** A client that is not connected counts from the moment at which the server could last be reached anew. */
function checkRecovery(lines: readonly HistoryLine[], p99Ms: number): Pick<Verdict, "faults" | "recoveriesMs"> {
  const faults: Fault[] = [];
  const out = new Map<string, number>();
  const recoveries: { client: string; ms: number }[] = [];

  for (const line of lines) {
    if (line.kind === "lost") out.set(line.client, line.at);
    if (line.kind === "reachable") {
      const concerned = line.client === undefined ? [...out.keys()] : [line.client];
      for (const client of concerned) if (out.has(client)) out.set(client, line.at);
    }
    const since = line.kind === "recovered" ? out.get(line.client) : undefined;
    if (line.kind !== "recovered" || since === undefined) continue;
    out.delete(line.client);
    recoveries.push({ client: line.client, ms: line.at - since });
  }
  for (const client of out.keys()) faults.push({ kind: "lost", client, detail: "did not come back" });

  const recoveriesMs = recoveries.map(({ ms }) => ms);
  if (percentile(recoveriesMs, 0.99) > p99Ms) {
    for (const { client, ms } of recoveries) {
      if (ms > p99Ms) faults.push({ kind: "late", client, detail: `recovered after ${ms} ms; 99 % within ${p99Ms}` });
    }
  }
  return { faults, recoveriesMs };
}
