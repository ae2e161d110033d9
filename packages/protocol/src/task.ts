/** The states of a task: `queued`, then `running`, then exactly one of the three final states. */
export const taskStatuses = ["queued", "running", "completed", "failed", "cancelled"] as const;
/** One of `taskStatuses`. */
export type TaskStatus = (typeof taskStatuses)[number];

/** Final states: nothing follows them. */
export const finalStatuses = ["completed", "failed", "cancelled"] as const satisfies readonly TaskStatus[];
/** One of `finalStatuses`. */
export type FinalStatus = (typeof finalStatuses)[number];

/** Whether this status is final. */
export const isFinal = (status: TaskStatus): status is FinalStatus =>
  (finalStatuses as readonly TaskStatus[]).includes(status);

/** Why a task failed, in a form that a page can show. */
export interface TaskError {
  code: string;
  message: string;
}

/** The complete state of a task at one version. Progress is state: a later snapshot replaces every earlier one. */
export interface TaskSnapshot {
  task_id: string;
  /** The application's name for this kind of work, such as `batch`. */
  kind: string;
  title: string;
  owner_id: string;
  /** Positive; increases with every change, across restarts and nodes. */
  version: number;
  status: TaskStatus;
  /** 0 to 100, or null when unknown. Never decreases within one run, that is, while `started_at` stays the same. */
  percent: number | null;
  /** The current activity, in a word or two. */
  step: string | null;
  message: string | null;
  /** Units of work completed and in total, such as images. */
  current: number | null;
  total: number | null;
  /** ISO 8601 in UTC, like every time on the wire. */
  created_at: string;
  started_at: string | null;
  updated_at: string;
  eta_seconds: number | null;
  /** Set by a completed task. */
  result?: unknown;
  /** Set by a failed task. */
  error?: TaskError;
}

/** The event that announces each final state. */
export const finalEvents = {
  completed: "task_completed",
  failed: "task_error",
  cancelled: "task_cancelled",
} as const satisfies Record<FinalStatus, string>;

/** Whether `candidate` replaces `known`. Ignoring all others makes delivery idempotent. */
export const isNewer = (
  candidate: Pick<TaskSnapshot, "version">,
  known: Pick<TaskSnapshot, "version"> | undefined,
): boolean => known === undefined || candidate.version > known.version;
