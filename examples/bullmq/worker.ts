import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions, Worker } from "bullmq";

/** A worker as it was before: it knows BullMQ, and nothing of Signalbox. */
export const startWorker = (connection: ConnectionOptions): Worker =>
  new Worker(
    "reports",
    async (job) => {
      for (let page = 1; page <= job.data.pages; page += 1) {
        await delay(200);
        await job.updateProgress({ current: page, total: job.data.pages, step: `Page ${page}` });
      }
      return { pages: job.data.pages };
    },
    { connection },
  );
