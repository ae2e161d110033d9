import { isFinal, type TaskError, type TaskSnapshot, type TaskStatus } from "@signalbox/protocol";
import { cutText } from "../core/cut-text.ts";
import { Refusal } from "../core/refusal.ts";

/** What a report may change. Everything else of a snapshot follows from it. */
export interface TaskPatch {
  status?: TaskStatus;
  /** 0 to 100, or null when unknown; derived from `current` and `total` when not given. */
  percent?: number | null;
  step?: string | null;
  message?: string | null;
  current?: number | null;
  total?: number | null;
  /** Estimated from elapsed time and percent when not given. */
  eta_seconds?: number | null;
  title?: string;
  /** The new owner of the task. Other users who watch it receive nothing more. */
  owner_id?: string;
  /** For `completed`; at most 64 KB of JSON. */
  result?: unknown;
  /** For `failed`. */
  error?: TaskError;
}

/** What a new task starts from. */
export interface NewTask {
  /** 1 to 128 letters, digits or any of `. _ : -`. Default: generated. */
  task_id?: string;
  kind: string;
  title: string;
  owner_id: string;
  total?: number;
}

const textLimits = { title: 200, step: 100, message: 1000 } as const;
const maxResultBytes = 65_536;

/** Below this many percent an estimate of the rest would be guesswork. */
const etaFromPercent = 2;

const transitions: Record<TaskStatus, readonly TaskStatus[]> = {
  queued: ["queued", "running", "completed", "failed", "cancelled"],
  running: ["running", "queued", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

/** The fields of a run that has not begun. */
const notBegun = {
  percent: null,
  step: null,
  message: null,
  current: null,
  started_at: null,
  eta_seconds: null,
} as const satisfies Partial<TaskSnapshot>;

/**
 * How far versions jump when a task is resumed after a restart: a minute of them, well above what the store lags
 * behind. Versions that were seen but not saved lie in between, also when the clock was set back meanwhile.
 */
const resumeAhead = 60_000_000;

/**
 * A hybrid logical clock: one more than before, or the time in microseconds where that is more. Microseconds, because
 * reports may come faster than one a millisecond, and versions that ran ahead of the time would fall when a restart
 * sets them back to it. Whole and exact in a number until the year 2255 (docs/decisions/0003).
 */
const versionAfter = (version: number, now: number): number => Math.max(version + 1, now * 1000);

/** The first snapshot of a task: queued. */
export function startTask({ kind, title, owner_id, total }: NewTask, taskId: string, now: number): TaskSnapshot {
  const at = new Date(now).toISOString();
  return {
    task_id: taskId,
    kind,
    title: cutText(title, textLimits.title),
    owner_id,
    version: versionAfter(0, now),
    status: "queued",
    ...notBegun,
    total: total ?? null,
    created_at: at,
    updated_at: at,
  };
}

/**
 * An unfinished task as a restart finds it in the store: queued again, in a new run. The process that did the work is
 * gone, and users may have seen more of it than was saved. Continuing from there could make percent fall within a run.
 */
export function resumeTask(stored: TaskSnapshot, now: number): TaskSnapshot {
  return {
    ...stored,
    version: versionAfter(stored.version + resumeAhead, now),
    status: "queued",
    ...notBegun,
    updated_at: new Date(now).toISOString(),
  };
}

/**
 * The snapshot after a report. Going from `running` back to `queued` begins a new run, of which nothing is known yet.
 * @param now - milliseconds since the epoch
 * @param elapsedMs - how long the run has lasted, measured: `now` may be set back or forward within it
 * @throws Refusal `task_finished` when the task has ended: final is final
 * @throws RangeError for a result that is too large
 */
export function applyPatch(before: TaskSnapshot, patch: TaskPatch, now: number, elapsedMs = 0): TaskSnapshot {
  const status = patch.status ?? before.status;
  if (isFinal(before.status)) throw new Refusal("task_finished", { hint: `${before.task_id} is ${before.status}.` });
  if (!transitions[before.status].includes(status)) {
    throw new RangeError(`Task ${before.task_id} cannot go from ${before.status} to ${status}.`);
  }
  const startsAnew = before.status === "running" && status === "queued";
  const known = startsAnew ? { ...before, ...notBegun } : before;
  const at = new Date(now).toISOString();
  const started_at = known.started_at ?? (status === "queued" ? null : at);
  const current = take(patch.current, known.current);
  const total = take(patch.total, known.total);
  const percent = nextPercent(known.percent, patch, status, current, total);

  return {
    ...known,
    version: versionAfter(before.version, now),
    status,
    title: cut(patch.title, textLimits.title) ?? known.title,
    owner_id: patch.owner_id ?? known.owner_id,
    percent,
    step: take(cut(patch.step, textLimits.step), known.step),
    message: take(cut(patch.message, textLimits.message), known.message),
    current,
    total,
    started_at,
    updated_at: at,
    eta_seconds: isFinal(status)
      ? null
      : take(patch.eta_seconds, started_at === null ? null : estimate(percent, elapsedMs)),
    ...(patch.result !== undefined && { result: bounded(patch.result, before.task_id) }),
    ...(patch.error !== undefined && { error: patch.error }),
  };
}

/**
 * The report of this process, after another process has reported the same task and neither knew of the other. The
 * version is above both, and percent is no lower than either within a run.
 */
export function mergeReports(ours: TaskSnapshot, theirs: TaskSnapshot, now: number): TaskSnapshot {
  return { ...keepPercent(ours, theirs), version: versionAfter(Math.max(ours.version, theirs.version), now) };
}

/** A state of a task with no lower percent than another state of the same run: reports of two processes may cross. */
export function keepPercent(task: TaskSnapshot, other: TaskSnapshot | undefined): TaskSnapshot {
  if (other === undefined || other.started_at !== task.started_at) return task;
  return (other.percent ?? -1) > (task.percent ?? -1) ? { ...task, percent: other.percent } : task;
}

/** Undefined in a patch means "as before"; null means "unknown from now on". */
const take = <Value>(patched: Value | undefined, before: Value): Value => (patched === undefined ? before : patched);

const cut = <Text extends string | null>(text: Text | undefined, length: number): Text | undefined =>
  (typeof text === "string" ? cutText(text, length) : text) as Text | undefined;

/** Never falls within a run: a bar that goes back tells users that work was lost. */
function nextPercent(
  before: number | null,
  patch: TaskPatch,
  status: TaskStatus,
  current: number | null,
  total: number | null,
): number | null {
  if (status === "completed") return 100;
  const derived = current !== null && total !== null && total > 0 ? (current / total) * 100 : undefined;
  const offered = patch.percent === undefined ? derived : patch.percent;
  if (offered === undefined || offered === null || Number.isNaN(offered)) return before;
  const clamped = Math.min(100, Math.max(0, Math.round(offered * 10) / 10));
  return before === null ? clamped : Math.max(before, clamped);
}

function estimate(percent: number | null, elapsedMs: number): number | null {
  if (percent === null || percent < etaFromPercent) return null;
  return Math.round(((elapsedMs / 1000) * (100 - percent)) / percent);
}

function bounded(result: unknown, taskId: string): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? "");
  if (bytes <= maxResultBytes) return result;
  throw new RangeError(
    `The result of task ${taskId} has ${bytes} bytes of JSON; at most ${maxResultBytes} are sent. Store it, and report where.`,
  );
}
