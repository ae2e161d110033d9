import { isFinal, isNewer, type TaskSnapshot } from "@signalbox/protocol";
import { getJson, sentenceOf } from "./http.ts";
import { answered, type UserSocket } from "./realtime.ts";
import { createStore, type Readable } from "./store.ts";

interface TasksState {
  /** Of the list of one's own tasks. */
  readonly phase: "loading" | "ready" | "failed";
  readonly tasks: ReadonlyMap<string, TaskSnapshot>;
  /** Why the list could not be read, or a request was refused. */
  readonly problem: string | null;
  /** The latest end of a task, for people who listen to the page. */
  readonly announcement: string;
}

export interface TaskStore {
  readonly state: Readable<TasksState>;
  /** Reads the list of one's own tasks. */
  load(): Promise<void>;
  /** Reads one task and follows it until its end. */
  follow(taskId: string): Promise<void>;
  /** Resolves to whether the server will do it; if not, `problem` says why. */
  cancel(taskId: string): Promise<boolean>;
  dismissProblem(): void;
  close(): void;
}

const endings = { completed: "is done", failed: "has failed", cancelled: "was cancelled" };

/** The latest snapshot of every known task. Each that has not ended is followed over the socket. */
export function createTaskStore(socket: UserSocket): TaskStore {
  const state = createStore<TasksState>({ phase: "loading", tasks: new Map(), problem: null, announcement: "" });

  const listeners = {
    connect: rejoin,
    progress_update: accept,
    task_completed: accept,
    task_error: accept,
    task_cancelled: accept,
  };
  socket.on("connect", listeners.connect);
  socket.on("progress_update", listeners.progress_update);
  socket.on("task_completed", listeners.task_completed);
  socket.on("task_error", listeners.task_error);
  socket.on("task_cancelled", listeners.task_cancelled);

  return {
    state,
    async load() {
      try {
        const { tasks } = await getJson<{ tasks: TaskSnapshot[] }>("/api/tasks");
        for (const task of tasks) accept(task);
        state.patch({ phase: "ready", problem: null });
      } catch (error) {
        state.patch({ phase: state.get().phase === "ready" ? "ready" : "failed", problem: sentenceOf(error) });
      }
    },
    async follow(taskId) {
      const { task } = await getJson<{ task: TaskSnapshot }>(`/api/tasks/${encodeURIComponent(taskId)}`);
      accept(task);
    },
    async cancel(taskId) {
      try {
        const { task } = await answered(socket.emitWithAck("cancel_task", { task_id: taskId }));
        accept(task);
        return true;
      } catch (error) {
        state.patch({ problem: sentenceOf(error) });
        return false;
      }
    },
    dismissProblem: () => state.patch({ problem: null }),
    close() {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event as keyof typeof listeners, listener);
    },
  };

  /** Versions make delivery idempotent: whatever is not newer is ignored, wherever it came from. */
  function accept(task: TaskSnapshot): void {
    const { tasks, announcement } = state.get();
    const known = tasks.get(task.task_id);
    if (!isNewer(task, known)) return;
    const ended = known !== undefined && isFinal(task.status);
    state.patch({
      tasks: new Map(tasks).set(task.task_id, task),
      announcement: ended && isFinal(task.status) ? `${task.title} ${endings[task.status]}.` : announcement,
    });
    if (known === undefined && !isFinal(task.status) && socket.connected) void join(task);
  }

  /** A new connection is in no room. `since` spares a snapshot that is already known. */
  function rejoin(): void {
    for (const task of state.get().tasks.values()) if (!isFinal(task.status)) void join(task);
  }

  async function join({ task_id, version, title }: TaskSnapshot): Promise<void> {
    try {
      const { task } = await answered(socket.emitWithAck("join_task", { task_id, since: version }));
      if (task) accept(task);
    } catch (error) {
      // A connection that broke off meanwhile joins again when it is back.
      if (socket.connected) state.patch({ problem: `“${title}” cannot be followed live: ${sentenceOf(error)}` });
    }
  }
}
