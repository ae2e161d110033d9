import type { TaskSnapshot } from "@signalbox/protocol";

/** Ended tasks that are kept for requests just after the end; older ones come from the store. */
const maxEnded = 1000;

/** Tasks in memory: unfinished ones, and those that ended last. */
export interface TaskCache {
  get(taskId: string): TaskSnapshot | undefined;
  put(task: TaskSnapshot): void;
  /** The task has ended: forgotten when a thousand others have ended after it. */
  end(task: TaskSnapshot): void;
  remove(taskId: string): void;
  unfinished(): Iterable<TaskSnapshot>;
}

export function createTaskCache(): TaskCache {
  const active = new Map<string, TaskSnapshot>();
  /** In the order of their end: the first is the oldest. */
  const ended = new Map<string, TaskSnapshot>();

  return {
    get: (taskId) => active.get(taskId) ?? ended.get(taskId),
    put: (task) => void active.set(task.task_id, task),
    end(task) {
      active.delete(task.task_id);
      ended.set(task.task_id, task);
      const [oldest] = ended.keys();
      if (ended.size > maxEnded && oldest !== undefined) ended.delete(oldest);
    },
    remove(taskId) {
      active.delete(taskId);
      ended.delete(taskId);
    },
    unfinished: () => active.values(),
  };
}
