import { setImmediate as turn } from "node:timers/promises";
import { type Notification, type NotificationPage, userRoom } from "@signalbox/protocol";
import { readerOf } from "../core/audience.ts";
import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock, Log, NotificationStore, Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import type { RealtimeNamespace, RealtimeSocket } from "../socket-io/socket.ts";
import { createLowPriorityBatching, withoutWaiting } from "./low-priority-batching.ts";

/** Maximum number of notifications in one read. */
const perRead = 100;

/** Users whose last sent `seq` is remembered. For other users, a node may repeat what another node has sent. */
const maxLastSent = 100_000;

/** How often users who have not been sent everything are checked. */
const lookMs = 250;

interface NotificationDeliveryOptions {
  readonly store: NotificationStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly backpressure: Pick<Backpressure, "isSlow">;
  /** How long low-priority notifications may wait for others, where each delivery costs a request; in milliseconds. */
  readonly lowWaitMs: number;
  /** Called with each delivery: `/` is opened after this is created. */
  namespace(): RealtimeNamespace;
  /** Called with what was sent and is recorded as delivered, for other nodes. */
  onDelivered(userId: string, after: number, upTo: number): void;
}

/** What a user's sockets were sent: the notifications after one `seq`, up to another. */
interface Sent {
  readonly after: number;
  readonly upTo: number;
}

export interface NotificationDelivery {
  /** Sends connected users their undelivered notifications, and the number of unread ones. */
  wake(userIds: Iterable<string> | "anybody"): void;
  /**
   * The same for a user who has acknowledged or read something: all tabs of the user are updated, even if nothing is to
   * be sent.
   */
  restate(userId: string): void;
  /** The same for every connected user: messages from other nodes may have been lost. */
  restateAll(): void;
  /**
   * Another node has sent the notifications after one `seq`, up to another, to the user's sockets there. The sockets
   * here lack them.
   */
  delivered(userId: string, after: number, upTo: number): void;
  /** Resolves when the current user has been served; no user is served after that. */
  close(): Promise<void>;
}

/**
 * Delivers stored notifications to connected users. It reads the store and sends nothing else, one user after the
 * other. So a user's notifications leave in the order of their `seq`, and many at once cost one read. What cannot be
 * read now stays in the store, and is retried soon.
 *
 * A socket whose client does not keep up receives nothing until it does; then it receives what it has missed, read
 * again. Meanwhile the user's other sockets continue.
 */
export function createNotificationDelivery(options: NotificationDeliveryOptions): NotificationDelivery {
  const { store, clock, log, backpressure } = options;
  const waiting = new Set<string>();
  const restated = new Set<string>();
  /** Sockets that have not been sent everything that was delivered to their user, and the `seq` they have. */
  const behind = new Map<RealtimeSocket, number>();
  /** What users were sent, until it is recorded. Until then nothing more is read, or it would be sent again. */
  const unmarked = new Map<string, Sent>();
  /** The last `seq` that a user's sockets here were sent. */
  const lastSent = createBoundedMap<string, number>(maxLastSent);
  const lowNotices = createLowPriorityBatching({ clock, backpressure, waitMs: options.lowWaitMs });
  let running: Promise<void> | undefined;
  let closed = false;

  const stopLooking = clock.every(lookMs, () => {
    const due = lowNotices.due();
    for (const socket of behind.keys()) {
      if (!socket.connected) behind.delete(socket);
      else if (keepsUp(socket)) due.push(socket.data.principal.userId);
    }
    if (due.length > 0 || waiting.size > 0) wake(due);
  });

  const keepsUp = ({ conn }: RealtimeSocket): boolean => !backpressure.isSlow(conn);

  function wake(userIds: Iterable<string> | "anybody"): void {
    for (const userId of userIds === "anybody" ? connectedUsers() : userIds) waiting.add(userId);
    // Without a user to serve, the run would end before its promise is assigned, which would then stay for good.
    if (waiting.size > 0) running ??= run();
  }

  async function run(): Promise<void> {
    for (const userId of waiting) {
      if (closed) break;
      waiting.delete(userId);
      try {
        await deliver(userId);
      } catch (err) {
        // The store does not answer, which is logged where it is monitored. The user follows behind the others at the
        // next check: a failure for one user alone must not delay them.
        if (err instanceof Refusal) {
          waiting.add(userId);
          break;
        }
        log.error({ err, user_id: userId }, "Notifications could not be delivered; they stay in the ledger.");
      }
    }
    running = undefined;
  }

  async function deliver(userId: string): Promise<void> {
    if (socketsOf(userId).length === 0) forget(userId);
    await mark(userId);
    for (const socket of socketsOf(userId)) if (behind.has(socket) && keepsUp(socket)) await catchUp(socket);
    for (;;) {
      const sockets = socketsOf(userId);
      const principal = sockets.find((socket) => !behind.has(socket))?.data.principal;
      if (principal === undefined) return;
      const page = await store.read(readerOf(principal, clock.now()), { limit: perRead });
      if (lowNotices.wait(userId, sockets, page.notifications)) {
        if (restated.delete(userId)) await send(principal, withoutWaiting(page));
        return;
      }
      restated.delete(userId);
      const sent = await send(principal, page);
      if (page.notifications.some(({ seq }) => seq <= sent)) {
        unmarked.set(userId, { after: seqBefore(page), upTo: sent });
        lastSent.set(userId, sent);
      }
      await mark(userId);
      if (page.notifications.length < perRead) return;
    }
  }

  async function mark(userId: string): Promise<void> {
    const sent = unmarked.get(userId);
    const principal = socketsOf(userId)[0]?.data.principal;
    if (sent !== undefined && principal !== undefined) {
      await store.advance(readerOf(principal, clock.now()), "delivered", sent.upTo);
      options.onDelivered(userId, sent.after, sent.upTo);
    }
    unmarked.delete(userId);
  }

  function forget(userId: string): void {
    lowNotices.forget(userId);
    restated.delete(userId);
    lastSent.delete(userId);
  }

  /**
   * Sends a socket what was delivered to the user's other sockets meanwhile. All of them receive the undelivered rest
   * together.
   */
  async function catchUp(socket: RealtimeSocket): Promise<void> {
    const first = await store.read(readerOf(socket.data.principal, clock.now()), { limit: 1 });
    const delivered = seqBefore(first);
    for (let after = behind.get(socket) ?? delivered; after < delivered; ) {
      const { principal } = socket.data;
      const { notifications } = await store.read(readerOf(principal, clock.now()), { after, limit: perRead });
      const missed = notifications.filter(({ seq }) => seq <= delivered);
      const sent = await give(socket, principal.role, missed, after);
      if (missed.some(({ seq }) => seq > sent)) return;
      after = missed.length < perRead ? delivered : sent;
    }
    behind.delete(socket);
  }

  /** @returns the highest `seq` that any socket was sent */
  async function send({ userId, role }: Principal, page: NotificationPage): Promise<number> {
    const { notifications, ...standing } = page;
    const before = seqBefore(page);
    let highest = before;
    for (const socket of socketsOf(userId)) {
      if (behind.has(socket)) continue;
      highest = Math.max(highest, await give(socket, role, notifications, before));
      // With more to come, the standing would name numbers that the client lacks, and the client would request them.
      if (notifications.length < perRead && !behind.has(socket)) socket.emit("unread_update", standing);
    }
    return highest;
  }

  /**
   * Sends what the socket can take while it has the role of the read: the socket of a demoted administrator receives
   * nothing of it. The rest is read again, for the new role.
   * @returns the last `seq` that it was sent, or `before`
   */
  async function give(
    socket: RealtimeSocket,
    role: Principal["role"],
    notifications: readonly Notification[],
    before: number,
  ): Promise<number> {
    let sent = before;
    for (const notification of notifications) {
      if (!(await mayTake(socket, role))) break;
      socket.emit("notification", notification);
      sent = notification.seq;
    }
    const isComplete = sent === (notifications.at(-1)?.seq ?? before);
    if (!isComplete || !(await mayTake(socket, role))) behind.set(socket, sent);
    return sent;
  }

  async function mayTake(socket: RealtimeSocket, role: Principal["role"]): Promise<boolean> {
    // Data of one turn leaves at its end: until then the buffer says nothing about the client.
    if (!keepsUp(socket)) await turn();
    return keepsUp(socket) && socket.data.principal.role === role;
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
    restate(userId) {
      restated.add(userId);
      wake([userId]);
    },
    restateAll() {
      for (const userId of connectedUsers()) restated.add(userId);
      wake(restated);
    },
    delivered(userId, after, upTo) {
      const sent = Math.max(after, lastSent.get(userId) ?? 0);
      if (sent >= upTo) return;
      for (const socket of socketsOf(userId)) if (!behind.has(socket)) behind.set(socket, sent);
      lastSent.set(userId, upTo);
      wake([userId]);
    },
    async close() {
      closed = true;
      stopLooking();
      await running;
    },
  };
}

/** The `seq` up to which everything was delivered before this page. */
const seqBefore = ({ notifications, latest_seq }: NotificationPage): number =>
  (notifications[0]?.seq ?? latest_seq + 1) - 1;
