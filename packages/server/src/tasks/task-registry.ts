import { randomUUID } from "node:crypto";
import { isFinal, isNewer, type Page, type TaskError, type TaskSnapshot } from "@signalbox/protocol";
import { isId } from "@signalbox/protocol/schemas";
import type { Clock, Log, TaskExchange, TaskFilter, TaskStore } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { createLatestState, type LatestState } from "./latest-state.ts";
import type { ProgressListener } from "./progress-listener.ts";
import { createRemoteTasks } from "./remote-tasks.ts";
import { createRunTimes } from "./run-times.ts";
import { createSnapshotSaver } from "./snapshot-saver.ts";
import { createTaskCache } from "./task-cache.ts";
import { isTaskId, requireOwner, requireTaskId } from "./task-ids.ts";
import { applyPatch, type NewTask, resumeTask, startTask, type TaskPatch } from "./task-transitions.ts";

/** The state of all tasks: applications report progress here, and all other code reads it. */
export interface ProgressHub {
  /** Registers a task as queued; resolves once it is stored. */
  create(task: NewTask): Promise<TaskSnapshot>;
  /**
   * Reports a change. Progress of a running task is visible at once and saved within a second. A change of status or
   * owner is visible only once it is committed. When the commit fails the promise rejects, nothing has changed, and the
   * caller may retry.
   * After a restart a task is queued again: the process that resumes its work reports `running` first.
   * @throws Refusal `task_not_found`, or `task_finished` when the task has ended or is ending
   */
  report(taskId: string, patch: TaskPatch): Promise<TaskSnapshot>;
  complete(taskId: string, result?: unknown): Promise<TaskSnapshot>;
  fail(taskId: string, error: TaskError): Promise<TaskSnapshot>;
  cancelled(taskId: string): Promise<TaskSnapshot>;
  /**
   * Removes a task that the application has deleted. Its watchers receive nothing more, and a request for it answers
   * `task_not_found`. Removing a task that does not exist is no error.
   */
  remove(taskId: string): Promise<void>;
  /** The latest state, from memory or the store. An unfinished task from before a restart is queued, in a new run. */
  get(taskId: string): Promise<TaskSnapshot | undefined>;
  /** The state in memory: every unfinished task that this process has read or created, and those that ended last. */
  peek(taskId: string): TaskSnapshot | undefined;
  /** Stored tasks, newest first, each in its latest state. */
  list(filter: TaskFilter): Promise<Page<TaskSnapshot>>;
  counts(): { queued: number; running: number };
  /** A listener that throws is logged and does not affect the others. Returns a function that unsubscribes. */
  subscribe(listener: ProgressListener): () => void;
  /** Saves what has not been saved yet. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface TaskRegistryOptions {
  readonly store: TaskStore;
  /** The connection to other processes that report or show the same tasks; without it there are none. */
  readonly exchange?: TaskExchange | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId?: () => string;
}

export function createTaskRegistry(options: TaskRegistryOptions): ProgressHub {
  const { store, exchange, clock, log, newId = randomUUID } = options;
  const memory = createTaskCache();
  const runTimes = createRunTimes(clock);
  /**
   * Ids of which a first state or a change of status is being committed; a report in that time waits for the commit.
   */
  const committing = new Map<string, Promise<unknown>>();
  const listeners = new Set<ProgressListener>();
  const saver = createSnapshotSaver({ store, clock, log, onOvertaken });
  const isCommitting = (taskId: string): boolean => committing.has(taskId);
  const shared = createRemoteTasks({ exchange, memory, saver, clock, log, tell, find, remove, isCommitting });
  const latest =
    exchange &&
    createLatestState({
      ...{ store, exchange, clock, isOurs: shared.isHeld, onResumed: shared.take },
    });

  function tell(kind: keyof ProgressListener, task: TaskSnapshot): void {
    for (const listener of listeners) {
      try {
        listener[kind]?.(task);
      } catch (error) {
        log.error({ err: error, task_id: task.task_id }, "A progress listener failed.");
      }
    }
  }

  /**
   * The store has another state than the one that was to be saved. It is from another process, or from a commit of this
   * one whose answer did not arrive. In that case no other process knows it yet, and a duplicate of an end is harmless.
   */
  function onOvertaken(standing: TaskSnapshot): void {
    shared.take(standing);
    if (isFinal(standing.status)) exchange?.share("ended", standing);
  }

  async function get(taskId: string): Promise<TaskSnapshot | undefined> {
    if (!isTaskId(taskId)) return undefined;
    await exchange?.synced(taskId);
    return memory.get(taskId) ?? find(taskId);
  }

  /** The state of a task that is not in memory. */
  async function find(taskId: string): Promise<TaskSnapshot | undefined> {
    if (latest !== undefined) return findShared(taskId, latest);
    const stored = await store.get(taskId);
    return stored === undefined ? undefined : takeUp(stored);
  }

  /**
   * Another process may have held the task for a moment, so that it is not in memory any more, while its latest state
   * from here has reached neither the store nor Redis. Reports that continue from an older state would reuse versions
   * that clients have seen already.
   */
  async function findShared(taskId: string, { one }: LatestState): Promise<TaskSnapshot | undefined> {
    // Read before the store is asked: a state that is saved meanwhile would be missing in both.
    const unsaved = saver.unsaved(taskId);
    const found = await one(taskId);
    if (found === undefined || isFinal(found.status)) return found;
    const newest = [unsaved, saver.unsaved(taskId)].filter((each) => each !== undefined);
    return newest.reduce((task, each) => (isNewer(each, task) ? each : task), found);
  }

  /**
   * A task as the store has it, or as it has become. A task that is not in memory and has not ended was interrupted by
   * a restart, and begins a new run here. It does so at the first read, so that no client sees the interrupted run
   * again, which may be behind what clients have seen of it. Nothing needs to be saved for that: another restart would
   * give the same result.
   */
  function takeUp(stored: TaskSnapshot): TaskSnapshot {
    const known = memory.get(stored.task_id);
    if (known !== undefined) return known;
    // Stored by a `create` that is about to put it into memory.
    if (isFinal(stored.status) || committing.has(stored.task_id)) return stored;
    const resumed = resumeTask(stored, clock.now());
    memory.put(resumed);
    tell("changed", resumed);
    return resumed;
  }

  function patched(before: TaskSnapshot, patch: TaskPatch): TaskSnapshot {
    const after = applyPatch(before, patch, clock.now(), runTimes.elapsedMs(before));
    // A run is measured from its first report on.
    runTimes.elapsedMs(after);
    return after;
  }

  async function report(taskId: string, patch: TaskPatch): Promise<TaskSnapshot> {
    const pending = committing.get(taskId);
    if (pending !== undefined) {
      await pending.catch(() => {});
      return report(taskId, patch);
    }
    if (patch.owner_id !== undefined) requireOwner(patch.owner_id);
    const before = shared.areTheirs(taskId) ? undefined : memory.get(taskId);
    if (before === undefined) return reportUnknown(taskId, patch);
    const after = patched(before, patch);
    if (after.status !== before.status || after.owner_id !== before.owner_id) {
      return hold(taskId, () => commit(before, patch));
    }
    memory.put(after);
    saver.save(after);
    tell("changed", after);
    exchange?.share("changed", after);
    return after;
  }

  /** Reports a task that is new to this process, or that another process has reported so far. */
  async function reportUnknown(taskId: string, patch: TaskPatch): Promise<TaskSnapshot> {
    const task = await get(taskId);
    if (task === undefined) throw new Refusal("task_not_found", { hint: `No task ${taskId} was created.` });
    if (isFinal(task.status)) return patched(task, patch);
    shared.hold(taskId);
    if (isNewer(task, memory.get(taskId))) memory.put(task);
    return report(taskId, patch);
  }

  /** Limits an id to one change at a time; begins before it returns, so that no other change comes in between. */
  async function hold<Result>(taskId: string, change: () => Promise<Result>): Promise<Result> {
    const changing = change();
    committing.set(taskId, changing);
    try {
      return await changing;
    } finally {
      committing.delete(taskId);
    }
  }

  /** A status or an owner is visible only once it is stored: a crash cannot revert it. */
  async function commit(before: TaskSnapshot, patch: TaskPatch): Promise<TaskSnapshot> {
    const task = patched(await shared.latestOf(before), patch);
    const standing = await saver.commit(task);
    if (standing !== undefined) {
      // Another process has committed meanwhile: this report follows that commit, or is too late.
      onOvertaken(standing);
      shared.hold(task.task_id);
      return commit(standing, patch);
    }
    if (task.owner_id !== before.owner_id) tell("handedOver", task);
    if (isFinal(task.status)) {
      memory.end(task);
      runTimes.forget(task.task_id);
    } else memory.put(task);
    const change = isFinal(task.status) ? "ended" : "changed";
    tell(change, task);
    exchange?.share(change, task);
    return task;
  }

  async function remove(taskId: string): Promise<void> {
    if (!isTaskId(taskId)) return;
    const pending = committing.get(taskId);
    if (pending !== undefined) {
      await pending.catch(() => {});
      return remove(taskId);
    }
    await hold(taskId, () => erase(taskId));
  }

  /** A task that is watched here is in memory, because joining reads it. Watchers elsewhere receive its last state. */
  async function erase(taskId: string): Promise<void> {
    const known = memory.get(taskId) ?? (exchange && (await store.get(taskId)));
    await saver.remove(taskId);
    memory.remove(taskId);
    runTimes.forget(taskId);
    if (known === undefined) return;
    tell("removed", known);
    exchange?.share("removed", known);
  }

  async function begin(task: NewTask, taskId: string): Promise<TaskSnapshot> {
    if ((await store.get(taskId)) !== undefined) throw idInUse(taskId);
    const snapshot = startTask(task, taskId, clock.now());
    if ((await store.put(snapshot)) !== undefined) throw idInUse(taskId);
    memory.put(snapshot);
    tell("created", snapshot);
    exchange?.share("created", snapshot);
    return snapshot;
  }

  return {
    async create(task) {
      const taskId = task.task_id ?? newId();
      requireTaskId(taskId);
      requireOwner(task.owner_id);
      // Of two concurrent calls the second must find the id taken, though nothing is stored yet.
      if (committing.has(taskId) || memory.get(taskId) !== undefined) throw idInUse(taskId);
      return hold(taskId, () => begin(task, taskId));
    },
    report,
    complete: (taskId, result) => report(taskId, { status: "completed", result }),
    fail: (taskId, error) => report(taskId, { status: "failed", error }),
    cancelled: (taskId) => report(taskId, { status: "cancelled" }),
    remove,
    get,
    peek: memory.get,
    async list(filter) {
      if (filter.ownerId !== undefined && !isId(filter.ownerId)) return { rows: [], next: null, total: 0 };
      const page = await store.list(filter);
      if (latest === undefined) return { ...page, rows: page.rows.map(takeUp) };
      const rows = page.rows.map((row) => memory.get(row.task_id) ?? row);
      return { ...page, rows: await latest.of(rows) };
    },
    counts() {
      const counts = { queued: 0, running: 0 };
      for (const { status } of shared.held()) counts[status === "running" ? "running" : "queued"] += 1;
      return counts;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush: () => saver.flush(),
    close: () => saver.close(),
  };
}

const idInUse = (taskId: string): TypeError => new TypeError(`Task id "${taskId}" is in use.`);
