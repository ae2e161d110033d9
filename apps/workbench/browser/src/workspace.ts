import { type Clients, createClients, type UserClient } from "@signalbox/client";
import { openNotifications } from "@signalbox/client/notifications";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Account } from "./account.ts";
import { connectionReturned } from "./connection-return.ts";
import { type BackgroundNotices, createBackgroundNotices } from "./notifications/background-notices.ts";
import { createInbox, type Inbox } from "./notifications/inbox.ts";
import { openShownMark } from "./notifications/shown-mark.ts";
import { createToastStore, type ToastStore } from "./notifications/toast-store.ts";
import { createTaskStore, type TaskStore } from "./task-store.ts";
import { createUploadStore, type UploadStore } from "./upload-store.ts";

/** All state of one signed-in user. It is discarded when the user signs out. */
export interface Workspace {
  readonly userId: string;
  readonly clients: Clients;
  readonly tasks: TaskStore;
  readonly uploads: UploadStore;
  readonly notifications: Inbox;
  readonly toasts: ToastStore;
  readonly backgroundNotices: BackgroundNotices;
  /** Call this when the server no longer accepts the user, or their role. */
  accountChanged(): void;
  /** The token for requests that change data. */
  csrf(): string | undefined;
  close(): void;
}

export function openWorkspace(userId: string, account: Account): Workspace {
  const csrf = (): string | undefined => account.state.get().config?.csrf;
  const clients = createClients({ client: { name: "workbench", version: __WORKBENCH_VERSION__ } });
  const user: UserClient = clients.user();
  user.on("session_ending", ({ reason }) => void account.refresh(reason));
  let wasConnected = false;
  clients.onState(({ status }) => {
    const isConnected = status === "connected";
    if (isConnected && !wasConnected) connectionReturned();
    wasConnected = isConnected;
    if (status === "auth_required") void account.refresh();
  });
  const tasks = createTaskStore(user);
  const notifications = createInbox(openNotifications(clients));
  const toasts = createToastStore(notifications, openShownMark(userId));
  const backgroundNotices = createBackgroundNotices(notifications);
  const uploads = createUploadStore({ csrf, onCreated: tasks.load });
  return {
    userId,
    clients,
    tasks,
    uploads,
    notifications,
    toasts,
    backgroundNotices,
    csrf,
    accountChanged: () => void account.refresh(),
    close() {
      uploads.cancel();
      tasks.close();
      backgroundNotices.close();
      toasts.close();
      notifications.close();
      clients.close();
    },
  };
}

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error("No workspace: render this inside WorkspaceContext.");
  return workspace;
}
