import type { TaskPatch } from "@signalbox/server";

/** The input of a job. */
interface JobContext {
  readonly taskId: string;
  readonly input: unknown;
  /** Aborted when the task is cancelled or the server stops: check it between two steps. */
  readonly signal: AbortSignal;
  report(patch: TaskPatch): Promise<unknown>;
}

/** Does the work of one kind of task; the return value is the task's result. */
export type Job = (context: JobContext) => Promise<unknown>;

/** A job during which the server died this often is not retried: it may be the cause. */
export const maxCrashes = 2;

/** A failure whose message is shown to the user unchanged. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
