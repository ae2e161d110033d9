import type { Line } from "./line.ts";

export const faultKinds = [
  "lost_final",
  "lost_acknowledged",
  "duplicate",
  "backwards",
  "invented",
  "altered",
  "leak",
  "unwatched",
  "early_acknowledgement",
  "unequal_final",
  "silent_gap",
  "late_revocation",
  "left_behind",
  "never_back",
  "late_recovery",
  "broken_promise",
] as const;

/** What can be wrong with a history; docs/reliability/history.md says of each what it means. */
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** The client or server that it concerns. */
  readonly actor: string;
  readonly task?: string;
  readonly detail: string;
}

export type ReportFault = (kind: FaultKind, actor: string, detail: string, task?: string) => void;

/** One invariant. It sees every line once, in the order of time, and then the end. */
export interface Check {
  take(line: Line): void;
  end(): void;
}

/** What is promised, in milliseconds. */
export interface Rules {
  /** How far a client that believes to be up to date may be behind. */
  readonly behindMs: number;
  /** How much longer it may believe so while nothing gets through: until its heartbeat must have failed. */
  readonly unnoticedMs: number;
  /** How long something may still come on a session that is over. */
  readonly revokedMs: number;
  /** What 99 of 100 recoveries may take, from when the server can be reached again. */
  readonly recoveryP99Ms: number;
}

/** As shipped: a flush interval of 100 ms and a heartbeat of 25 and 20 s, with a second for what else a machine does. */
export const shippedRules: Rules = { behindMs: 1100, unnoticedMs: 45_000, revokedMs: 1000, recoveryP99Ms: 5000 };
