/** Signalbox as hooks: one client for the page, and what components need of it. */
import { type ConnectionState, createClients } from "@signalbox/client";
import type { TaskSnapshot } from "@signalbox/protocol";
import { useEffect, useState, useSyncExternalStore } from "react";

// #region signalbox
export const clients = createClients();

/** The state of a task, over interruptions, until its end; null before the first. */
export function useTask(taskId: string | undefined): TaskSnapshot | null {
  const [task, setTask] = useState<TaskSnapshot | null>(null);
  useEffect(() => {
    if (taskId === undefined) return;
    const watch = clients.user().tasks.watch(taskId);
    const unsubscribe = watch.subscribe((view) => setTask(view.task));
    setTask(watch.get().task);
    return () => {
      unsubscribe();
      watch.stop();
    };
  }, [taskId]);
  return task;
}

/** How the connection stands, and why. */
export const useConnection = (): ConnectionState =>
  useSyncExternalStore(clients.onState, clients.state.get, clients.state.get);
// #endregion
