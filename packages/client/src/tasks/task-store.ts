import { finalEvents, isFinal, isNewer, namespaces, type TaskSnapshot } from "@signalbox/protocol";
import type { Environment } from "../environment.ts";
import { isTaskSnapshot } from "../event-guards.ts";
import { closedReason, type Link, RequestError } from "../link.ts";
import { createSource, type Observable, type Source } from "../observable.ts";
import type { Probe } from "../probe.ts";
import type { Reporter } from "../report.ts";
import { createHttpFallback } from "./http-fallback.ts";

/** What is known of a watched task. */
export interface TaskView {
  /** The latest state; null until the first answer. */
  readonly task: TaskSnapshot | null;
  /** `live`: over the socket. `polling`: over HTTP, because no socket can be opened. `waiting`: not at present. */
  readonly source: "live" | "polling" | "waiting";
  /** Why the task cannot be watched, such as `task_not_found`; nothing more will come. */
  readonly error: RequestError | null;
}

/** One watcher of a task. Loops over it end with the task. */
export interface TaskWatch extends Observable<TaskView> {
  readonly taskId: string;
  /** The last watcher to stop leaves the task. */
  stop(): void;
}

export interface TaskStore {
  watch(taskId: string): TaskWatch;
  /** Takes what the server sent on its own: passes each newer version on once, and drops everything else. */
  accept(task: TaskSnapshot): void;
  close(): void;
}

interface TaskStoreOptions {
  readonly link: Link;
  readonly probe: Probe;
  readonly environment: Environment;
  readonly report: Reporter;
  /** Told of each newer version, with the name of its event: also of a final one that was missed and came with a join. */
  onTask(event: string, task: TaskSnapshot): void;
}

interface Entry {
  readonly taskId: string;
  readonly source: Source<TaskView>;
  watchers: number;
}

/** Versions that listeners were told of are remembered beyond the watching, so that none is told twice. */
const maxVersions = 1000;

/** After a join that the server did not answer, on a connection that lives. */
const retryMs = 1000;

/** Joins under way at a time: a page with hundreds of tasks must not meet its own message limit on coming back. */
const maxJoins = 20;

/**
 * The tasks that the application watches: joined once however many watch, joined again with the known version after
 * each interruption, and polled over HTTP while no socket can be opened.
 */
export function createTaskStore({ link, probe, environment, report, onTask }: TaskStoreOptions): TaskStore {
  const entries = new Map<string, Entry>();
  const versions = new Map<string, number>();
  /** To be joined, and being joined. An entry is in one of them at most, and in neither once its task is live. */
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

  /** A join that is lost with its connection is not sent again: the next opening joins, with the version known then. */
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
    // Where the connection failed, the next opening joins again; where the server is slow or busy, nobody else would.
    environment.after(refusal?.retry_after_ms ?? retryMs, () => want(entry));
  }

  /** The server knows no such task: there is nothing to wait for. */
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
