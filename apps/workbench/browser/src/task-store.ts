import type { TaskWatch, UserClient } from "@signalbox/client";
import { isFinal, isNewer, type TaskSnapshot } from "@signalbox/protocol";
import { onConnectionReturn } from "./connection-return.ts";
import { getJson, sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";
import { isConnectionError } from "./use-problem.ts";

interface TasksState {
  /** The state of the list of the user's own tasks. */
  readonly phase: "loading" | "ready" | "failed";
  readonly tasks: ReadonlyMap<string, TaskSnapshot>;
  /** Why the list could not be read, or a request was refused. */
  readonly problem: string | null;
  /** The latest end of a task, for screen readers. */
  readonly announcement: string;
}

export interface TaskStore {
  readonly state: Readable<TasksState>;
  /** Reads the list of the user's own tasks. */
  load(): Promise<void>;
  /** Reads one task and follows it until its end. */
  follow(taskId: string): Promise<void>;
  /** Resolves to whether the server accepted the request; if not, `problem` says why. */
  cancel(taskId: string): Promise<boolean>;
  dismissProblem(): void;
  close(): void;
}

const endings = { completed: "is done", failed: "has failed", cancelled: "was cancelled" };

/** The latest snapshot of every known task. Every unfinished task is watched. */
export function createTaskStore(user: UserClient): TaskStore {
  const state = createStore<TasksState>({ phase: "loading", tasks: new Map(), problem: null, announcement: "" });
  const watches = new Map<string, TaskWatch>();
  let failure: unknown = null;

  const stopReturn = onConnectionReturn(() => {
    if (isConnectionError(failure)) fail(null);
    if (state.get().phase === "failed") void load();
  });

  async function load(): Promise<void> {
    try {
      const { tasks } = await getJson<{ tasks: TaskSnapshot[] }>("/api/tasks");
      for (const task of tasks) accept(task);
      state.patch({ phase: "ready" });
      fail(null);
    } catch (error) {
      if (state.get().phase !== "ready") state.patch({ phase: "failed" });
      fail(error);
    }
  }

  /** Shows the problem; null clears it. */
  function fail(error: unknown): void {
    failure = error;
    state.patch({ problem: error === null ? null : sentenceOf(error) });
  }

  return {
    state,
    load,
    async follow(taskId) {
      const { task } = await getJson<{ task: TaskSnapshot }>(`/api/tasks/${encodeURIComponent(taskId)}`);
      accept(task);
    },
    async cancel(taskId) {
      try {
        const { task } = await user.request("cancel_task", { task_id: taskId });
        accept(task);
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    },
    dismissProblem: () => fail(null),
    close() {
      stopReturn();
      for (const watch of watches.values()) watch.stop();
    },
  };

  /** Versions make delivery idempotent: anything that is not newer is ignored, whatever its source. */
  function accept(task: TaskSnapshot): void {
    const { tasks, announcement } = state.get();
    const known = tasks.get(task.task_id);
    if (!isNewer(task, known)) return;
    const ended = known !== undefined && isFinal(task.status);
    state.patch({
      tasks: new Map(tasks).set(task.task_id, task),
      announcement: ended && isFinal(task.status) ? `${task.title} ${endings[task.status]}.` : announcement,
    });
    if (isFinal(task.status)) stop(task.task_id);
    else if (!watches.has(task.task_id)) watch(task);
  }

  function watch({ task_id: taskId, title }: TaskSnapshot): void {
    const watched = user.tasks.watch(taskId);
    watches.set(taskId, watched);
    watched.subscribe(({ task, error }) => {
      if (task) accept(task);
      if (error) state.patch({ problem: `“${title}” cannot be followed live: ${error.message}` });
    });
  }

  function stop(taskId: string): void {
    watches.get(taskId)?.stop();
    watches.delete(taskId);
  }
}
