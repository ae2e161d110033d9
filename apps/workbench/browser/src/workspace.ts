import type { ClientConfig } from "@signalbox/protocol";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Account } from "./account.ts";
import { type AdminStore, openAdminStore } from "./admin-store.ts";
import { openRealtime, type Realtime } from "./realtime.ts";
import { createTaskStore, type TaskStore } from "./task-store.ts";
import { createUploadStore, type UploadStore } from "./upload-store.ts";

/** Everything that belongs to one signed-in person; it goes when they sign out, and nothing of it stays. */
export interface Workspace {
  readonly userId: string;
  readonly realtime: Realtime;
  readonly tasks: TaskStore;
  readonly uploads: UploadStore;
  openAdmin(): AdminStore;
  /** The token that changing requests carry. */
  csrf(): string | undefined;
  close(): void;
}

export function openWorkspace(config: ClientConfig, userId: string, account: Account): Workspace {
  const csrf = (): string | undefined => account.state.get().config?.csrf;
  const realtime = openRealtime({ config, csrf, revalidate: account.refresh });
  const tasks = createTaskStore(realtime.user);
  const uploads = createUploadStore({ csrf, onCreated: tasks.load });
  return {
    userId,
    realtime,
    tasks,
    uploads,
    csrf,
    openAdmin: () => openAdminStore(realtime, () => void account.refresh()),
    close() {
      uploads.cancel();
      tasks.close();
      realtime.close();
    },
  };
}

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error("No workspace: render this inside WorkspaceContext.");
  return workspace;
}
