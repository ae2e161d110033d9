import { finalEvents, isFinal, isNewer, namespaces, type TaskSnapshot } from "@signalbox/protocol";
import type { Environment } from "../environment.ts";
import { isTaskSnapshot } from "../event-guards.ts";
import { closedReason, type Link, RequestError } from "../link.ts";
import { createSource, type Observable, type Source } from "../observable.ts";
import type { Probe } from "../probe.ts";
import type { Reporter } from "../report.ts";
import { createHttpFallback } from "./http-fallback.ts";

/** What is known about a watched task. */
export interface TaskView {
  /** The latest state; null until the first response. */
  readonly task: TaskSnapshot | null;
  /**
   * `live`: over the socket. `polling`: over HTTP, because no socket can be opened. `waiting`: no updates at present.
   */
  readonly source: "live" | "polling" | "waiting";
  /** Why the task cannot be watched, such as `task_not_found`; no further updates follow. */
  readonly error: RequestError | null;
}

/** One watcher of a task. Loops over it end with the task. */
export interface TaskWatch extends Observable<TaskView> {
  readonly taskId: string;
  /** Stops watching. When the last watcher stops, the client leaves the task. */
  stop(): void;
}

export interface TaskStore {
  watch(taskId: string): TaskWatch;
  /** Processes a snapshot that the server pushed: passes each newer version on once, and drops everything else. */
  accept(task: TaskSnapshot): void;
  close(): void;
}

interface TaskStoreOptions {
  readonly link: Link;
  readonly probe: Probe;
  readonly environment: Environment;
  readonly report: Reporter;
  /**
   * Called for each newer version, with the name of its event. This includes a final one that was missed and arrived
   * with a join.
   */
  onTask(event: string, task: TaskSnapshot): void;
}

interface Entry {
  readonly taskId: string;
  readonly source: Source<TaskView>;
  watchers: number;
}

/** Limits the versions remembered after a task is no longer watched, so that listeners receive none twice. */
const maxVersions = 1000;

/** Delay after a join that the server did not answer, on a connection that is alive. */
const retryMs = 1000;

/** Concurrent joins: a page with hundreds of tasks must not exceed its own message limit when it reconnects. */
const maxJoins = 20;

/**
 * The tasks that the application watches. Several watchers share one join. After each interruption a task is joined
 * again with the known version, and while no socket can be opened it is polled over HTTP.
 */
export function createTaskStore({ link, probe, environment, report, onTask }: TaskStoreOptions): TaskStore {
  const entries = new Map<string, Entry>();
  const versions = new Map<string, number>();
  /**
   * Tasks to be joined, and tasks being joined. An entry is in at most one of the sets, and in neither once its task is
   * live.
   */
  const waiting = new Set<Entry>();
  const joining = new Set<Entry>();

  const fallback = createHttpFallback({
    ...{ link, probe, environment },
    unfinished: () => [...entries.keys()],
    ...{ accept, missing, onPolled: (taskId) => update(taskId, { source: "polling" }) },
  });
  const unsubscribe = link.onNamespace((namespace, { status }) => {
    if (namespace !== namespaces.user) return;
    for (const entry of entries.values()) {
      if (status === "open") want(entry);
      else entry.source.set({ ...entry.source.get(), source: "waiting" });
    }
  });

  const isWatched = (entry: Entry): boolean => entries.get(entry.taskId) === entry;

  function want(entry: Entry): void {
    if (!isWatched(entry) || joining.has(entry) || entry.source.get().source === "live") return;
    waiting.add(entry);
    joinNext();
  }

  function joinNext(): void {
    for (const entry of waiting) {
      if (joining.size >= maxJoins || link.namespaceState(namespaces.user).status !== "open") return;
      waiting.delete(entry);
      joining.add(entry);
      void join(entry).finally(() => {
        joining.delete(entry);
        joinNext();
      });
    }
  }

  /** A join that is lost with its connection is not sent again: the next opening joins with the version known then. */
  async function join(entry: Entry): Promise<void> {
    const { taskId, source } = entry;
    const since = source.get().task?.version;
    const payload = { task_id: taskId, ...(since !== undefined && { since }) };
    try {
      const { task } = (await link.request(namespaces.user, "join_task", payload)) as { task?: unknown };
      source.set({ ...source.get(), source: "live" });
      if (isTaskSnapshot(task)) accept(task);
    } catch (error) {
      if (isWatched(entry) && error instanceof RequestError) failed(entry, error);
    }
  }

  function failed(entry: Entry, error: RequestError): void {
    const { refusal } = error;
    if (refusal?.category === "request") return missing(entry.taskId, error);
    // After a lost connection the next opening joins again. When the server is slow or busy, only this timer retries.
    environment.after(refusal?.retry_after_ms ?? retryMs, () => want(entry));
  }

  /** The server does not know this task: the watch ends. */
  function missing(taskId: string, error: RequestError): void {
    update(taskId, { error });
    end(taskId);
  }

  function update(taskId: string, change: Partial<TaskView>): void {
    const source = entries.get(taskId)?.source;
    source?.set({ ...source.get(), ...change });
  }

  function end(taskId: string): void {
    const entry = entries.get(taskId);
    if (entry === undefined) return;
    entry.source.end();
    entries.delete(taskId);
    waiting.delete(entry);
  }

  function accept(task: TaskSnapshot): void {
    const { task_id: taskId, version, status } = task;
    const shown = entries.get(taskId)?.source.get().task ?? undefined;
    if (isNewer(task, shown)) update(taskId, { task });
    const told = versions.get(taskId);
    if (isNewer(task, told === undefined ? undefined : { version: told })) {
      versions.delete(taskId);
      versions.set(taskId, version);
      const [oldest] = versions.keys();
      if (versions.size > maxVersions + entries.size && oldest !== undefined) versions.delete(oldest);
      onTask(isFinal(status) ? finalEvents[status] : "progress_update", task);
    }
    if (isFinal(status)) end(taskId);
  }

  return {
    watch(taskId) {
      const entry = entries.get(taskId) ?? begin(taskId);
      entry.watchers += 1;
      let stopped = false;
      return {
        taskId,
        get: entry.source.get,
        subscribe: entry.source.subscribe,
        [Symbol.asyncIterator]: () => entry.source[Symbol.asyncIterator](),
        stop() {
          if (stopped) return;
          stopped = true;
          entry.watchers -= 1;
          if (entry.watchers > 0 || entries.get(taskId) !== entry) return;
          end(taskId);
          const { status } = link.namespaceState(namespaces.user);
          if (status === "open") link.request(namespaces.user, "leave_task", { task_id: taskId }).catch(() => {});
        },
      };
    },
    accept,
    close() {
      unsubscribe();
      fallback.close();
      const closed = new RequestError(closedReason.code, closedReason.message);
      for (const taskId of [...entries.keys()]) missing(taskId, closed);
    },
  };

  function begin(taskId: string): Entry {
    const source = createSource<TaskView>({ task: null, source: "waiting", error: null }, report);
    const entry = { taskId, source, watchers: 0 };
    entries.set(taskId, entry);
    want(entry);
    fallback.check();
    return entry;
  }
}
