import { systemClock } from "../../core/clock.ts";
import type { Clock, Log } from "../../core/ports.ts";
import { createTaskRegistry, type ProgressHub } from "../../tasks/task-registry.ts";
import { createControlChannel } from "./control-channel.ts";
import { createRedisLink } from "./redis-link.ts";
import { createRemoteStore } from "./remote-store.ts";
import { createTaskExchange } from "./task-exchange.ts";

/** Options for a process that reports tasks and has no sockets. */
export interface ReporterOptions {
  /** The servers' REDIS_URL. */
  readonly redis: string;
  /** The servers' SIGNALBOX_REDIS_PREFIX. Default `signalbox`. */
  readonly prefix?: string;
  /** The servers' PROGRESS_FLUSH_MS. Default 100. */
  readonly flushMs?: number;
  readonly logger: Log;
  /** For tests. */
  readonly clock?: Clock;
}

/** Reports progress from a process that has no socket server and no database. */
export interface Reporter
  extends Pick<ProgressHub, "create" | "report" | "complete" | "fail" | "cancelled" | "remove" | "get"> {
  /** Calls the listener when a user asks to cancel a task; every process receives the requests for all tasks. */
  onCancel(listener: (taskId: string) => void): void;
  /** Sends what has not been sent yet, and disconnects. */
  close(): Promise<void>;
}

/**
 * Reports from a worker process to the servers that have watchers. A change of status resolves when one of the servers
 * has stored it.
 */
export function createReporter(options: ReporterOptions): Reporter {
  const { redis: url, prefix = "signalbox", flushMs = 100, logger: log, clock = systemClock } = options;
  const link = createRedisLink({ url, prefix, clock, log });
  const exchange = createTaskExchange({ link, clock, flushMs });
  const control = createControlChannel(link, log);
  const { create, report, complete, fail, cancelled, remove, get, close } = createTaskRegistry({
    ...{ store: createRemoteStore(link), exchange, clock, log },
  });
  return {
    ...{ create, report, complete, fail, cancelled, remove, get },
    onCancel: (listener) => control.on("cancel", listener),
    async close() {
      await close();
      exchange.close();
      await link.close();
    },
  };
}
