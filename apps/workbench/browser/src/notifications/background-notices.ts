import { createStore, type Readable } from "../store.ts";
import type { Inbox } from "./inbox.ts";

type Permission = NotificationPermission | "unsupported";

export interface BackgroundNotices {
  readonly state: Readable<{ readonly permission: Permission }>;
  /** Asks the user for permission. Call this only on a click: browsers block pages that ask without one. */
  ask(): Promise<void>;
  close(): void;
}

/**
 * While the page is in the background, the browser shows new notifications, for users who enabled this. A service
 * worker shows them: the constructor of `Notification` throws on Android.
 */
export function createBackgroundNotices(inbox: Pick<Inbox, "onArrived">): BackgroundNotices {
  const isSupported = "Notification" in window && "serviceWorker" in navigator;
  const state = createStore<{ permission: Permission }>({
    permission: isSupported ? Notification.permission : "unsupported",
  });
  if (state.get().permission === "granted") void register();

  /** Resolves to null where the browser allows no service worker, as in some private windows. */
  async function register(): Promise<ServiceWorkerRegistration | null> {
    try {
      await navigator.serviceWorker.register("/notification-worker.js");
      return await navigator.serviceWorker.ready;
    } catch {
      state.set({ permission: "unsupported" });
      return null;
    }
  }

  const stop = inbox.onArrived(async ({ id, title, body, priority, link }) => {
    if (!document.hidden || priority === "low" || state.get().permission !== "granted") return;
    const registration = await register();
    // One tag for all tabs: several of them show a single notification. Rejected when the permission was revoked
    // meanwhile.
    await registration
      ?.showNotification(title, { body, tag: id, data: link })
      .catch(() => state.set({ permission: Notification.permission }));
  });

  return {
    state,
    async ask() {
      if (!isSupported) return;
      state.set({ permission: await Notification.requestPermission() });
      if (state.get().permission === "granted") await register();
    },
    close: stop,
  };
}

/** Calls back with the address of a clicked notification; the service worker has brought the tab to the front. */
export function onNotificationClick(open: (address: string) => void): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ type?: string; address?: string }>) => {
    if (data.type === "open" && typeof data.address === "string") open(data.address);
  });
  // Otherwise messages are held back until the document is loaded, for listeners added later.
  navigator.serviceWorker.startMessages();
}
