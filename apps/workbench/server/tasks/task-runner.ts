import { setTimeout as sleep } from "node:timers/promises";
import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { Log, ProgressHub, TaskPatch } from "@signalbox/server";
import type { JobRow } from "../database.ts";
import { crashedTooOften, internalFailure } from "./bullmq-failure.ts";
import { type Job, JobFailure, maxCrashes } from "./job.ts";
import type { JobStore } from "./job-store.ts";
import type { TaskQueue } from "./task-queue.ts";

interface TaskRunnerOptions {
  readonly jobs: JobStore;
  readonly progress: ProgressHub;
  readonly kinds: ReadonlyMap<string, Job>;
  readonly concurrency: number;
  readonly log: Log;
  /** Called for each end, before the job counts as done; called again after a crash in between. */
  onEnded(task: TaskSnapshot): Promise<void>;
}

/** Bounds the wait: a large image takes longer than connected clients should wait for the shutdown notice. */
const stoppingGraceMs = 3000;

/** Why a job's signal was aborted. */
const cancelled = new Error("The task was cancelled.");
const stopping = new Error("The server is stopping.");

/** The embedded queue: runs a few jobs at a time, and reports the start and the end of each to `progress`. */
export function createTaskRunner(options: TaskRunnerOptions): TaskQueue {
  const { jobs, progress, kinds, concurrency, log } = options;
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  let stopped = true;
  let claiming = false;

  async function fill(): Promise<void> {
    if (claiming) return;
    claiming = true;
    try {
      while (!stopped && running.size < concurrency) {
        const job = await jobs.claim();
        if (job === undefined) return;
        const abort = new AbortController();
        const done = run(job, abort.signal).finally(() => {
          running.delete(job.task_id);
          wake();
        });
        running.set(job.task_id, { abort, done });
      }
    } finally {
      claiming = false;
    }
  }

  function wake(): void {
    fill().catch((error: unknown) => log.error({ err: error }, "Taking a job failed."));
  }

  async function run(job: JobRow, signal: AbortSignal): Promise<void> {
    const { task_id: taskId } = job;
    try {
      const task = await progress.get(taskId);
      // The server crashed between the task's final state and the end of its job.
      if (task === undefined) return void (await jobs.finish(taskId));
      if (isFinal(task.status)) return void (await finish(task));
      if (job.cancel_requested === 1) throw cancelled;
      if (job.crashes >= maxCrashes) throw new JobFailure(...crashedTooOften);
      await progress.report(taskId, { status: "running" });
      const result = await work(job, signal);
      await finish(await progress.complete(taskId, result));
    } catch (error) {
      // Any other error during shutdown is not the job's fault: the job resumes on the next start.
      if (signal.reason === stopping) return void (await jobs.putBack(taskId));
      await end(taskId, error).catch((fault: unknown) =>
        log.error({ err: fault, task_id: taskId }, "Ending a task failed; it will be taken up at the next start."),
      );
    }
  }

  async function work(job: JobRow, signal: AbortSignal): Promise<unknown> {
    const kind = kinds.get(job.kind);
    if (kind === undefined) throw new JobFailure("kind_unknown", `Nothing here does tasks of the kind "${job.kind}".`);
    const report = (patch: TaskPatch) => progress.report(job.task_id, patch);
    return kind({ taskId: job.task_id, input: JSON.parse(job.input), signal, report });
  }

  async function end(taskId: string, error: unknown): Promise<void> {
    if (error === cancelled) return finish(await progress.cancelled(taskId));
    if (!(error instanceof JobFailure)) log.error({ err: error, task_id: taskId }, "A job failed unexpectedly.");
    const known = error instanceof JobFailure;
    const problem = known ? { code: error.code, message: error.message } : internalFailure;
    await finish(await progress.fail(taskId, problem));
  }

  /** A notice that cannot be sent does not revert the end of the task. */
  async function finish(task: TaskSnapshot): Promise<void> {
    await options
      .onEnded(task)
      .catch((error: unknown) =>
        log.error({ err: error, task_id: task.task_id }, "The end of a task could not be reported."),
      );
    await jobs.finish(task.task_id);
  }

  /** A task without a job can never progress: the server died between creating the task and creating the job. */
  async function failOrphans(): Promise<void> {
    const { rows } = await progress.list({ active: true, limit: 500 });
    for (const { task_id } of rows) {
      if ((await jobs.get(task_id)) !== undefined) continue;
      await progress.fail(task_id, { code: "interrupted", message: "The server stopped before the work could begin." });
    }
  }

  return {
    async start() {
      stopped = false;
      await failOrphans();
      await jobs.recoverCrashed();
      wake();
    },
    async add(job) {
      await jobs.add(job);
      wake();
    },
    countUnfinished: jobs.countUnfinished,
    async cancel({ task_id: taskId }) {
      await jobs.requestCancel(taskId);
      const active = running.get(taskId);
      if (active !== undefined) return active.abort.abort(cancelled);
      await progress.cancelled(taskId);
      await jobs.finish(taskId);
    },
    // Stops between two steps, or after a few seconds within one; interrupted jobs resume on the next start.
    async stop() {
      stopped = true;
      for (const { abort } of running.values()) abort.abort(stopping);
      const abort = new AbortController();
      const ended = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([ended, sleep(stoppingGraceMs, undefined, { signal: abort.signal }).catch(() => {})]);
      abort.abort();
    },
  };
}
