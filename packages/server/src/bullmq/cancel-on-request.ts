import type { Worker } from "bullmq";
import { createQueueLink } from "./queue-link.ts";

/**
 * Lets users cancel the jobs that a worker is processing: the `signal` that its processor receives is aborted, and the
 * processor is expected to throw. Call this in workers that may be changed; other workers finish what they have begun.
 * @returns a function that ends it
 */
export async function cancelOnRequest(worker: Worker): Promise<() => void> {
  const link = createQueueLink(worker.opts.connection, worker.toKey("").replace(/:$/, ""));
  await link.onCancel((jobId) => void worker.cancelJob(jobId, "The task was cancelled."));
  return link.close;
}
