import { namespaces } from "@signalbox/protocol";
import type { AppContext } from "../app/app-context.ts";
import { answerBytes } from "../core/bounded-page.ts";
import { defineTopic } from "../core/message-bus.ts";
import type { NotificationStore } from "../core/ports.ts";
import { membersOf } from "../socket-io/connections/disconnect.ts";
import type { Sockets } from "../socket-io/module.ts";
import { createEscalations, type OnUnacknowledged } from "./escalations.ts";
import { trackStoreHealth } from "./health-tracked-store.ts";
import { createNotificationDelivery } from "./notification-delivery.ts";
import { createNotifications, type Notifications } from "./notification-service.ts";

/** Notifications were stored for these users, or for an audience that any user may belong to. */
const stored = defineTopic<readonly string[] | "anybody">("notices_stored");

/** The sockets of a user on one node were sent the notifications after one number and up to another. */
const delivered = defineTopic<{ readonly userId: string; readonly after: number; readonly upTo: number }>(
  "notices_delivered",
);

/** A user has acknowledged or read notifications. */
const advanced = defineTopic<string>("notices_advanced");

export interface NotificationsModule {
  readonly service: Notifications;
  /** Refuses with `unavailable` while the store does not answer. */
  readonly store: NotificationStore;
}

interface NotificationsOptions {
  readonly sockets: Sockets;
  /** Undefined: critical notifications are not escalated. */
  readonly onUnacknowledged: OnUnacknowledged | undefined;
}

/** Stores notifications, and delivers them to the sockets of their recipients. */
export function createNotificationsModule(
  app: AppContext,
  { sockets, onUnacknowledged }: NotificationsOptions,
): NotificationsModule {
  const { config, clock, log, bus, metrics, lifecycle } = app;
  const store = trackStoreHealth(
    app.store.notifications,
    app.dependencies.watch("notifications", "store of notifications"),
  );
  const users = () => sockets.io.of(namespaces.user);
  const debug = app.debug("notifications");
  const delivery = createNotificationDelivery({
    store,
    clock,
    log,
    backpressure: sockets.backpressure,
    lowWaitMs: config.noticeBatch * 1000,
    namespace: users,
    onDelivered: (userId, after, upTo) => bus.tell(delivered, { userId, after, upTo }),
  });
  const service = createNotifications({
    store,
    clock,
    maxBytes: answerBytes(config.maxBufferedBytes),
    onStored(userIds) {
      debug?.({ users: userIds }, "Notice stored.");
      void bus.publish(stored, userIds);
    },
    onAdvanced: (userId) => void bus.publish(advanced, userId),
    count: metrics.notices,
    escalateAfterMs: onUnacknowledged && config.noticeEscalation * 1000,
    membersOf: (room) => membersOf(users(), room),
  });

  bus.subscribe(stored, delivery.wake);
  bus.subscribe(advanced, delivery.restate);
  bus.subscribe(delivered, ({ userId, after, upTo }) => delivery.delivered(userId, after, upTo));
  bus.onResync(delivery.restateAll);
  lifecycle.onClose(async () => {
    service.close();
    await delivery.close();
  });
  if (onUnacknowledged !== undefined) {
    const { escalations } = store;
    const { inFlight } = sockets;
    const stopEscalating = createEscalations({
      store: escalations,
      clock,
      log,
      onUnacknowledged,
      onOutcome: metrics.escalation,
      onBegun: inFlight.add,
    });
    lifecycle.onDrain(stopEscalating);
  }
  return { service, store };
}
