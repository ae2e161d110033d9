import type { TaskSnapshot } from "@signalbox/protocol";
import type { Log, ProgressHub } from "@signalbox/server";
import { type AttachedQueue, attachBullMQ } from "@signalbox/server/bullmq";
import { type Job as BullMqJob, Queue, QueueEvents } from "bullmq";
import { connectionTo, queueName } from "./bullmq-connection.ts";
import { failureOf } from "./bullmq-failure.ts";
import type { TaskQueue } from "./task-queue.ts";

interface BullMqQueueOptions {
  readonly redisUrl: string;
  readonly progress: ProgressHub;
  readonly log: Log;
  onEnded(task: TaskSnapshot): Promise<void>;
}

/** Passes jobs to any free worker process, and reports their progress. A task and its job share one id. */
export function createBullMqQueue({ redisUrl, progress, log, onEnded }: BullMqQueueOptions): TaskQueue {
  const queue = new Queue(queueName, { connection: connectionTo(redisUrl) });
  const events = new QueueEvents(queueName, { connection: connectionTo(redisUrl) });
  const onError = (err: Error): void => log.warn({ err }, "The queue of jobs cannot be reached.");
  queue.on("error", onError);
  events.on("error", onError);
  let attached: AttachedQueue | undefined;

  return {
    async add({ task_id, owner_id, kind, input }) {
      await queue.add(kind, { owner_id, input }, { jobId: task_id, removeOnComplete: 1000, removeOnFail: 1000 });
    },
    async cancel(task) {
      await attached?.cancel(task);
    },
    async countUnfinished(ownerId) {
      return (await progress.list({ ownerId, active: true, limit: 1 })).total;
    },
    async start() {
      attached = attachBullMQ(events, progress, {
        taskIdPrefix: "",
        ownerOf: (job: BullMqJob) => job.data.owner_id,
        errorOf: failureOf,
        onEnded: (task) =>
          onEnded(task).catch((err: unknown) =>
            log.error({ err, task_id: task.task_id }, "The end of a task could not be reported."),
          ),
        logger: log,
      });
    },
    async stop() {
      await attached?.close();
      await events.close();
      await queue.close();
    },
  };
}
