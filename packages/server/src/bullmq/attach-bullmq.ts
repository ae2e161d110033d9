import { isFinal, type TaskError, type TaskSnapshot } from "@signalbox/protocol";
import { type Job, type KeyPrefixOptions, Queue, type QueueEvents, type QueueEventsOptions } from "bullmq";
import { createBoundedMap } from "../core/bounded-map.ts";
import { systemClock } from "../core/clock.ts";
import type { Clock, Log } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";
import type { TaskPatch } from "../tasks/task-transitions.ts";
import { patchOf } from "./patch-of.ts";
import { createQueueLink, leaseMs } from "./queue-link.ts";
import { createTaskIds } from "./task-ids.ts";

export { cancelOnRequest } from "./cancel-on-request.ts";

/** Maximum number of jobs and tasks that a process examines when it begins to report. */
const maxLooked = 1000;

/** Jobs that ended this recently may have started and ended while no process reported. */
const recentMs = 60_000;

/**
 * How often the queue itself is scanned. BullMQ reads events from the newest on when its connection is replaced before
 * it has read any, so it may miss some.
 */
const catchUpMs = 8000;

/** A task this young may have no job yet: an application may create the task first and add its job a moment later. */
const youngMs = 5000;

/** Maximum number of jobs that are remembered as impossible to report. Each of them is logged once. */
const maxLogged = 10_000;

const waitingStates = ["waiting", "prioritized", "delayed", "waiting-children"] as const;

/** How the jobs of a queue become tasks. */
export interface BullMqOptions {
  /** The owner of a job's task; undefined for a job that no user may see. */
  ownerOf(job: Job): string | undefined;
  /** Default: the job's name. */
  titleOf?(job: Job): string;
  /**
   * The prefix of a job's id in its task's id. Default: the queue's name and a colon. A job id that is no valid task
   * id, such as `user/234`, is encoded: `b64:` and base64url.
   */
  readonly taskIdPrefix?: string;
  /**
   * The error that users see after a failure. Default: only that the job failed, because a reason may name files and
   * hosts.
   */
  errorOf?(reason: string): TaskError;
  /** Called for each end that this process has reported. */
  onEnded?(task: TaskSnapshot): void | Promise<void>;
  readonly logger: Log;
  /** For tests. */
  readonly clock?: Clock;
}

/** A queue whose jobs are shown as tasks. */
export interface AttachedQueue {
  /** For `tasks.cancel`: removes a waiting job, and asks a worker that has `cancelOnRequest` to stop an active one. */
  cancel(task: Pick<TaskSnapshot, "task_id">): Promise<void>;
  /** Whether a task is a job of this queue. */
  owns(taskId: string): boolean;
  close(): Promise<void>;
}

/**
 * Shows the jobs of an existing BullMQ queue as tasks, without a change to its workers: queued, active, progress,
 * completed, failed, stalled, removed. A worker passes a percentage, or an object of a report's fields, to
 * `job.updateProgress`. Several processes may be attached to one queue: one of them reports, and another takes over
 * when that one is gone.
 */
export function attachBullMQ(queueEvents: QueueEvents, progress: ProgressHub, options: BullMqOptions): AttachedQueue {
  const { logger: log, clock = systemClock } = options;
  const taskIds = createTaskIds(queueEvents.name, options.taskIdPrefix);
  // The prefix is Redis' own, and not among the options that BullMQ declares for every backend.
  const { connection, prefix: keyPrefix } = queueEvents.opts as QueueEventsOptions & KeyPrefixOptions;
  const queue = new Queue(queueEvents.name, { connection, ...(keyPrefix !== undefined && { prefix: keyPrefix }) });
  queue.on("error", (err) => log.error({ err, queue: queue.name }, "A queue cannot be asked."));
  const link = createQueueLink(connection, queue.toKey("").replace(/:$/, ""));
  /** The operation in flight for each job; the next one waits for it. */
  const inFlight = new Map<string, Promise<void>>();
  /** Jobs of which a change could not be reported: they are examined again. */
  const unsure = new Set<string>();
  let reports = false;
  let leasing = false;
  let caughtUpAt = Number.NEGATIVE_INFINITY;

  /** Jobs whose failure is in the log, until they can be reported again. */
  const logged = createBoundedMap<string, true>(maxLogged);

  const owns = (taskId: string): boolean => taskId.startsWith(taskIds.prefix);

  /** A long id is hashed: when the hash is not remembered, the queue is searched for its job. */
  async function jobIdOf(taskId: string): Promise<string | undefined> {
    const known = taskIds.jobIdOf(taskId);
    if (known !== undefined) return known;
    const jobs = await queue.getJobs(["active", ...waitingStates, "completed", "failed"], 0, maxLooked);
    return jobs.flatMap((job) => job?.id ?? []).find((id) => taskIds.of(id) === taskId);
  }

  async function keepLease(): Promise<void> {
    if (leasing) return;
    leasing = true;
    try {
      const held = await link.lease();
      const begins = held && !reports;
      reports = held;
      if (begins || (held && clock.monotonic() - caughtUpAt >= catchUpMs)) await catchUp();
      else if (held) for (const id of unsure) inTurn(id, () => look(id));
      unsure.clear();
    } catch (err) {
      reports = false;
      log.error({ err, queue: queue.name }, "A queue's jobs cannot be shown at present.");
    } finally {
      leasing = false;
    }
  }

  /**
   * Reports what no event has reported: jobs that wait, run or have just ended, and tasks whose job has ended since.
   */
  async function catchUp(): Promise<void> {
    caughtUpAt = clock.monotonic();
    const jobs = await queue.getJobs(["active", ...waitingStates], 0, maxLooked);
    const ended = await queue.getJobs(["completed", "failed"], 0, maxLooked);
    const since = clock.now() - recentMs;
    jobs.push(...ended.filter((job) => (job?.finishedOn ?? 0) > since));
    const { rows } = await progress.list({ active: true, limit: 500 });
    const found = jobs.flatMap((job) => job?.id ?? []);
    // Before the tasks are examined: this records the hashes of long ids.
    for (const id of found) taskIds.of(id);
    const ids = rows.flatMap(({ task_id }) => (owns(task_id) ? (taskIds.jobIdOf(task_id) ?? []) : []));
    for (const id of new Set([...found, ...ids])) inTurn(id, () => look(id));
  }

  function inTurn(jobId: string, act: () => Promise<void>): void {
    const before = inFlight.get(jobId) ?? Promise.resolve();
    const told = (): void => void logged.delete(jobId);
    const acting = before.then(act).then(told, (err: unknown) => {
      if (err instanceof Refusal && err.code === "task_finished") return told();
      unsure.add(jobId);
      if (logged.has(jobId)) return;
      logged.set(jobId, true);
      log.error({ err, queue: queue.name, job_id: jobId }, "What became of a job could not be told; trying again.");
    });
    inFlight.set(jobId, acting);
    void acting.then(() => inFlight.get(jobId) === acting && inFlight.delete(jobId));
  }

  /** Updates a task to the state of its job. */
  async function look(jobId: string): Promise<void> {
    const job = (await queue.getJob(jobId)) as Job | undefined;
    if (job === undefined) return missing(jobId);
    const state = await queue.getJobState(jobId);
    if (state === "completed") return completed(jobId, job.returnvalue);
    if (state === "failed") return failed(jobId, job.failedReason);
    if (state !== "active") return report(jobId, { status: "queued" });
    await report(jobId, { status: "running", ...patchOf(job.progress) });
  }

  /** A task without a job: the job was removed while no process listened, unless it is about to be added. */
  async function missing(jobId: string): Promise<void> {
    const task = await progress.get(taskIds.of(jobId));
    // Ignores the sign: the clock may have been set back since.
    if (task === undefined || Math.abs(clock.now() - Date.parse(task.created_at)) < youngMs) return;
    return end(jobId, () => progress.cancelled(taskIds.of(jobId)));
  }

  /** The task of a job; created when the job is seen for the first time. */
  async function taskOf(jobId: string): Promise<TaskSnapshot | undefined> {
    const known = await progress.get(taskIds.of(jobId));
    if (known !== undefined) return known;
    const job = (await queue.getJob(jobId)) as Job | undefined;
    const owner_id = job && options.ownerOf(job);
    if (job === undefined || owner_id === undefined) return undefined;
    const title = options.titleOf?.(job) ?? job.name;
    return progress.create({ task_id: taskIds.of(jobId), kind: job.name, title, owner_id });
  }

  async function report(jobId: string, patch: TaskPatch): Promise<void> {
    const task = await taskOf(jobId);
    if (task === undefined || isFinal(task.status)) return;
    if (Object.entries(patch).every(([field, value]) => task[field as keyof TaskSnapshot] === value)) return;
    await progress.report(task.task_id, patch);
  }

  async function end(jobId: string, tell: () => Promise<TaskSnapshot>): Promise<void> {
    const task = await taskOf(jobId);
    if (task === undefined || isFinal(task.status)) return;
    const ended = await tell();
    await options.onEnded?.(ended);
  }

  const completed = (jobId: string, result: unknown): Promise<void> =>
    end(jobId, () =>
      progress.complete(taskIds.of(jobId), result).catch((error: unknown) => {
        // A result that is too large to be sent does not make the job unfinished.
        if (error instanceof RangeError) return progress.complete(taskIds.of(jobId));
        throw error;
      }),
    );

  const failed = (jobId: string, reason: string): Promise<void> =>
    end(jobId, async () => {
      if (await link.wasAskedToCancel(jobId)) return progress.cancelled(taskIds.of(jobId));
      return progress.fail(
        taskIds.of(jobId),
        options.errorOf?.(reason) ?? { code: "job_failed", message: "The job failed." },
      );
    });

  const on = (event: string, act: (jobId: string, details: Record<string, unknown>) => Promise<void>): void => {
    queueEvents.on(event as "active", (details) => {
      const jobId = String(details.jobId);
      if (reports) inTurn(jobId, () => act(jobId, details as unknown as Record<string, unknown>));
    });
  };
  for (const event of ["added", "waiting", "delayed", "stalled"])
    on(event, (jobId) => report(jobId, { status: "queued" }));
  on("active", (jobId) => report(jobId, { status: "running" }));
  on("progress", (jobId, { data }) => report(jobId, { status: "running", ...patchOf(data) }));
  on("completed", (jobId, { returnvalue }) => completed(jobId, returnvalue));
  on("failed", (jobId, { failedReason }) => failed(jobId, String(failedReason)));
  on("removed", (jobId) => end(jobId, () => progress.cancelled(taskIds.of(jobId))));

  void keepLease();
  const stop = clock.every(leaseMs / 3, () => void keepLease());

  return {
    owns,
    async cancel({ task_id }) {
      const jobId = await jobIdOf(task_id);
      if (jobId === undefined) return;
      await link.askToCancel(jobId);
      // An active job is locked by its worker, and cannot be removed.
      if ((await queue.getJobState(jobId)) !== "active") await queue.remove(jobId);
    },
    async close() {
      stop();
      reports = false;
      await Promise.all(inFlight.values());
      await link.release().catch(() => {});
      link.close();
      await queue.close();
    },
  };
}
