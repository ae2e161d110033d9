import type { TaskPatch } from "@signalbox/server";

/** What a job is given. */
interface JobContext {
  readonly taskId: string;
  readonly input: unknown;
  /** Aborted when the task is cancelled or the server stops: to be looked at between two steps. */
  readonly signal: AbortSignal;
  report(patch: TaskPatch): Promise<unknown>;
}

/** Does the work of one kind of task; what it returns is the task's result. */
export type Job = (context: JobContext) => Promise<unknown>;

/** A job during which the server ended this often without notice is not tried again: it may be the cause. */
export const maxCrashes = 2;

/** A failure that the person should read as it is. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
