/** A worker process without sockets and database: quoted in docs/several-nodes.md, run by the tests of two nodes. */
import type { Log } from "@signalbox/server";

/** Simulates the work in progress. */
const working = new Map<string, AbortController>();
const stop = (taskId: string): void => working.get(taskId)?.abort();

// #region worker

import { createReporter } from "@signalbox/server/redis";

export async function importCustomers(taskId: string, redis: string, logger: Log): Promise<void> {
  const reporter = createReporter({ redis, logger });
  reporter.onCancel((id) => stop(id));
  await reporter.report(taskId, { status: "running", current: 3, total: 12 });
  await reporter.complete(taskId, { rows: 1200 });
  await reporter.close();
}
// #endregion
