import type { NotificationCentre, NotificationsState } from "@signalbox/client/notifications";
import type { Notification } from "@signalbox/protocol";
import { getJson } from "../http.ts";
import { createStore, type Readable } from "../store.ts";

/** The notifications that this browser shows. */
export interface Inbox extends Pick<NotificationCentre, "onArrived" | "markRead" | "acknowledge" | "close"> {
  readonly state: Readable<NotificationsState>;
}

/**
 * All notifications except "Signed in on a new device" about this very browser: they contain nothing new for the user.
 */
export function createInbox(centre: NotificationCentre): Inbox {
  let ownDevice: string | null | undefined;
  let asked: Promise<void> | undefined;
  const state = createStore<NotificationsState>(shown(centre.get()));
  const stop = centre.subscribe(show);
  show();

  /** The server identifies the browser by a cookie that scripts cannot read. */
  const askDevice = (): Promise<void> => {
    asked ??= getJson<{ device: string | null }>("/api/device")
      .then(
        ({ device }) => device,
        () => null,
      )
      .then((device) => {
        ownDevice = device;
        show();
      });
    return asked;
  };

  function show(): void {
    const current = centre.get();
    if (ownDevice === undefined && current.notifications.some((each) => deviceOf(each) !== undefined)) void askDevice();
    state.set(shown(current));
  }

  function shown(current: NotificationsState): NotificationsState {
    const hidden = current.notifications.filter(isHidden);
    if (hidden.length === 0) return current;
    const unreadHidden = hidden.filter(({ seq }) => seq > current.read_seq).length;
    return {
      ...current,
      notifications: current.notifications.filter((each) => !isHidden(each)),
      unread: Math.max(0, current.unread - unreadHidden),
    };
  }

  /** Until the server has identified this device, none of these notices is shown. */
  function isHidden(notification: Notification): boolean {
    const device = deviceOf(notification);
    return device !== undefined && (ownDevice === undefined || device === ownDevice);
  }

  return {
    state,
    markRead: centre.markRead,
    acknowledge: centre.acknowledge,
    onArrived: (listener) =>
      centre.onArrived(async (notification) => {
        if (deviceOf(notification) !== undefined) await askDevice();
        if (!isHidden(notification)) listener(notification);
      }),
    close() {
      stop();
      centre.close();
    },
  };
}

/** The device that a notice concerns; undefined for any other notification. */
function deviceOf({ type, data }: Notification): string | undefined {
  if (type !== "new_device" || typeof data !== "object" || data === null) return undefined;
  const { device } = data as { device?: unknown };
  return typeof device === "string" ? device : undefined;
}
