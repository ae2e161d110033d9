import { type NotificationPage, userRoom } from "@signalbox/protocol";
import { readerOf } from "../notifications/audience.ts";
import type { Clock, Log, NotificationStore, Principal } from "../ports.ts";
import type { RealtimeNamespace, RealtimeSocket } from "./socket.ts";

/** Read from a ledger at a time. */
const perRead = 100;

interface NotificationDeliveryOptions {
  readonly store: NotificationStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked for with each delivery: `/` is opened after this is made. */
  namespace(): RealtimeNamespace;
}

export interface NotificationDelivery {
  /** Sends connected users what their ledgers have for them and was not delivered yet, and how many are unread. */
  wake(userIds: Iterable<string> | "anybody"): void;
  /** Resolves when the user whose turn it was has been served; nobody is after that. */
  close(): Promise<void>;
}

/**
 * Brings notifications from the ledgers to those who are connected. It reads what is stored and sends nothing else, one
 * user after the other, so a user's notifications leave in the order of their `seq`, and many at once cost one reading.
 * What cannot be read now stays in its ledger until the next notice, or until the client asks.
 */
export function createNotificationDelivery(options: NotificationDeliveryOptions): NotificationDelivery {
  const { store, clock, log } = options;
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let closed = false;

  function wake(userIds: Iterable<string> | "anybody"): void {
    for (const userId of userIds === "anybody" ? connectedUsers() : userIds) waiting.add(userId);
    running ??= run();
  }

  async function run(): Promise<void> {
    for (const userId of waiting) {
      if (closed) break;
      waiting.delete(userId);
      await deliver(userId).catch((err: unknown) =>
        log.error({ err, user_id: userId }, "Notifications could not be delivered; they stay in the ledger."),
      );
    }
    running = undefined;
  }

  async function deliver(userId: string): Promise<void> {
    for (;;) {
      const principal = socketsOf(userId)[0]?.data.principal;
      if (principal === undefined) return;
      const reader = readerOf(principal, clock.now());
      const page = await store.read(reader, { limit: perRead });
      send(principal, page);
      const last = page.notifications.at(-1);
      if (last === undefined) return;
      await store.advance(reader, "delivered", last.seq);
      if (page.notifications.length < perRead) return;
    }
  }

  /** Only to sockets that still have the role it was read for: a demoted administrator's get nothing of it. */
  function send({ userId, role }: Principal, { notifications, ...standing }: NotificationPage): void {
    for (const socket of socketsOf(userId)) {
      if (socket.data.principal.role !== role) continue;
      for (const notification of notifications) socket.emit("notification", notification);
      socket.emit("unread_update", standing);
    }
  }

  function* connectedUsers(): Generator<string> {
    for (const { data } of options.namespace().sockets.values()) {
      if (data.principal.session !== null) yield data.principal.userId;
    }
  }

  function socketsOf(userId: string): RealtimeSocket[] {
    const { adapter, sockets } = options.namespace();
    const found: RealtimeSocket[] = [];
    for (const id of adapter.rooms.get(userRoom(userId)) ?? []) {
      const socket = sockets.get(id);
      if (socket !== undefined && socket.data.principal.session !== null) found.push(socket);
    }
    return found;
  }

  return {
    wake,
    async close() {
      closed = true;
      await running;
    },
  };
}
