import type { Worker } from "bullmq";
import { createQueueLink } from "./queue-link.ts";

/**
 * Lets people cancel the jobs that a worker is working on: the `signal` that its processor is given is aborted, and the
 * processor is expected to throw. For workers that should be changed; others finish what they have begun.
 * @returns ends it
 */
export async function cancelOnRequest(worker: Worker): Promise<() => void> {
  const link = createQueueLink(worker.opts.connection, worker.toKey("").replace(/:$/, ""));
  await link.onCancel((jobId) => void worker.cancelJob(jobId, "Somebody has cancelled it."));
  return link.close;
}
