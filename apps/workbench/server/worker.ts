/** Processes the workbench's jobs where there are several processes: takes them from BullMQ, and has no sockets. */
import { createLog, loadConfig } from "@signalbox/server";
import { cancelOnRequest } from "@signalbox/server/bullmq";
import { type Job as BullMqJob, UnrecoverableError, Worker } from "bullmq";
import { openDataFolder } from "./data-folder.ts";
import { createConverter } from "./images/converter.ts";
import { openDatabase } from "./open-database.ts";
import { exitWith, logFaults, stopOnSignal } from "./process.ts";
import { workbenchSettings } from "./settings.ts";
import { createBatchJob } from "./tasks/batch-job.ts";
import { connectionTo, queueName } from "./tasks/bullmq-connection.ts";
import { reasonOf } from "./tasks/bullmq-failure.ts";
import { type Job, JobFailure, maxCrashes } from "./tasks/job.ts";
import { practiceJob } from "./tasks/practice-job.ts";

try {
  const { config, extra } = loadConfig(process.env, workbenchSettings);
  if (config.redisUrl === null)
    throw new Error("REDIS_URL is not set: without it the server works off its jobs itself.");
  const log = createLog(config);
  const folder = openDataFolder(extra.dataDir);
  const { kysely } = openDatabase(extra.databaseUrl, folder.database, log);
  const converter = createConverter();
  const kinds = new Map<string, Job>([
    ["batch", createBatchJob(kysely, folder, converter)],
    ["practice", practiceJob],
  ]);

  // BullMQ passes a signal only to functions that declare three parameters without a default.
  const work = async (job: BullMqJob, _token?: string, given?: AbortSignal): Promise<unknown> => {
    const signal = given ?? new AbortController().signal;
    const kind = kinds.get(job.name);
    if (kind === undefined)
      throw new UnrecoverableError(`kind_unknown: Nothing here does tasks of the kind "${job.name}".`);
    try {
      const report = (patch: object) => job.updateProgress(patch);
      return await kind({ taskId: String(job.id), input: JSON.parse(job.data.input), signal, report });
    } catch (error) {
      if (error instanceof JobFailure) throw new UnrecoverableError(reasonOf(error));
      if (!signal.aborted) log.error({ err: error, task_id: job.id }, "A job failed unexpectedly.");
      throw error;
    }
  };
  const worker = new Worker(queueName, work, {
    ...{ connection: connectionTo(config.redisUrl), concurrency: extra.taskConcurrency },
    // A job of a dead worker goes to another one after this time, and fails when the second worker dies.
    ...{ lockDuration: 10_000, stalledInterval: 5000, maxStalledCount: maxCrashes - 1 },
  });
  worker.on("error", (err) => log.warn({ err }, "The queue of jobs cannot be reached."));
  const stopListening = await cancelOnRequest(worker);
  const ready = `A worker of the workbench takes up to ${extra.taskConcurrency} jobs at a time`;
  if (config.mode === "production") log.info({}, ready);
  else process.stdout.write(`${ready}\n`);
  logFaults(log);
  stopOnSignal(log, async () => {
    stopListening();
    await worker.close();
    converter.close();
    await kysely.destroy();
  });
} catch (error) {
  exitWith(error);
}
