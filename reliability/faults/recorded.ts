/** A server's own part of a history: its tasks, what its store has, and what was acknowledged to the application. */
import { isFinal } from "@signalbox/protocol";
import type { ProgressHub, Store } from "@signalbox/server";
import type { Journal } from "./journal.ts";

/** Where a server can be made to die, between two things that it does with the end of a task. */
export type Marker = "before_commit" | "after_commit" | "before_acknowledgement";

/** The store, with a line for each task that is durable. */
export function recordStore(store: Store, journal: Journal, reached: (marker: Marker) => void = () => {}): Store {
  return {
    ...store,
    tasks: {
      ...store.tasks,
      async put(task) {
        const ends = isFinal(task.status);
        if (ends) reached("before_commit");
        const standing = await store.tasks.put(task);
        if (standing !== undefined) return standing;
        const { task_id, version } = task;
        journal.write({ operation: "committed", actor: journal.actor, task: task_id, version, at: Date.now() });
        if (ends) reached("after_commit");
        return undefined;
      },
    },
  };
}

type Writing = Pick<ProgressHub, "list" | "get" | "create" | "report" | "complete" | "fail" | "cancelled">;

/**
 * The progress of all tasks, with a line for each state and for each change that was acknowledged to the application.
 */
export function recordProgress(
  hub: ProgressHub,
  journal: Journal,
  beforeAcknowledgement: () => void | Promise<void> = () => {},
): Writing {
  const state = (task: Awaited<ReturnType<Writing["create"]>>): void => {
    const { task_id, version, status, current, owner_id: owner } = task;
    const { actor } = journal;
    journal.write({ operation: "reported", actor, task: task_id, version, status, current, owner, at: Date.now() });
  };
  hub.subscribe({ created: state, changed: state, ended: state });

  async function acknowledged(change: ReturnType<Writing["create"]>): ReturnType<Writing["create"]> {
    const task = await change;
    if (isFinal(task.status)) await beforeAcknowledgement();
    const { task_id, version } = task;
    journal.write({ operation: "accepted", actor: journal.actor, task: task_id, version, at: Date.now() });
    return task;
  }

  return {
    list: hub.list,
    get: hub.get,
    create: (task) => acknowledged(hub.create(task)),
    // Progress is acknowledged before it is saved, and says so; a change of status is not. A worker does not report the
    // status that its task has already.
    report: (taskId, patch) =>
      patch.status === undefined ? hub.report(taskId, patch) : acknowledged(hub.report(taskId, patch)),
    complete: (taskId, result) => acknowledged(hub.complete(taskId, result)),
    fail: (taskId, error) => acknowledged(hub.fail(taskId, error)),
    cancelled: (taskId) => acknowledged(hub.cancelled(taskId)),
  };
}
