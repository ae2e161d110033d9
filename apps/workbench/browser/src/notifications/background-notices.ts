import { createStore, type Readable } from "../store.ts";
import type { Inbox } from "./inbox.ts";

type Permission = NotificationPermission | "unsupported";

export interface BackgroundNotices {
  readonly state: Readable<{ readonly permission: Permission }>;
  /** Asks the person. Only ever called on a click: browsers block pages that ask on their own. */
  ask(): Promise<void>;
  close(): void;
}

/** While the page is in the background, arrivals are shown by the browser, for people who asked for it. */
export function createBackgroundNotices(inbox: Pick<Inbox, "onArrived">): BackgroundNotices {
  const isSupported = "Notification" in window;
  const state = createStore<{ permission: Permission }>({
    permission: isSupported ? Notification.permission : "unsupported",
  });

  const stop = inbox.onArrived(({ id, title, body, priority }) => {
    if (!document.hidden || priority === "low" || state.get().permission !== "granted") return;
    // One tag for all tabs: several of them show one.
    new Notification(title, { body, tag: id });
  });

  return {
    state,
    async ask() {
      if (isSupported) state.set({ permission: await Notification.requestPermission() });
    },
    close: stop,
  };
}
