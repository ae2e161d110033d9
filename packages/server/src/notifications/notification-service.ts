import { randomUUID } from "node:crypto";
import type { Audience, Notice, NotificationPage, Priority } from "@signalbox/protocol";
import { adminSchemas } from "@signalbox/protocol/schemas";
import type { z } from "zod";
import { type AudienceKind, kindOf, readerOf, storedAudience, userAudience } from "../core/audience.ts";
import { someRowsWithin } from "../core/bounded-page.ts";
import type { Clock, NotificationStore, Principal, StoredNotice } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { validatePayload } from "../core/validate-payload.ts";

/** The application's notifications follow the same rules as an administrator's. */
const noticeSchema = adminSchemas.admin_notification;

const dayMs = 86_400_000;
const defaultLifeMs = 30 * dayMs;
const forgetEveryMs = 600_000;

/** Notifications in one transaction, where each member of a room gets one. */
const noticesPerBatch = 500;

const defaultPage = 100;

/**
 * Sends notifications. Each function resolves with the notification's id once it is stored. It is delivered after that;
 * users who are offline receive it when they come back.
 * @throws Refusal `payload_invalid`, whose hint names the field; `unavailable` when the store does not answer
 */
export interface Notify {
  user(userId: string, notice: Notice): Promise<string>;
  /** Every user who has at least this role at the moment of reading. */
  role(role: "user" | "admin", notice: Notice): Promise<string>;
  /** The users who are in the room of `/` now. */
  room(roomId: string, notice: Notice): Promise<string>;
  /** Every user who connects before it expires. One row is written, whatever the number of users. */
  everyone(notice: Notice): Promise<string>;
}

export interface Notifications {
  readonly notify: Notify;
  send(audience: Audience, notice: Notice): Promise<string>;
  sync(by: Actor, from: { after: number; limit?: number | undefined }): Promise<NotificationPage>;
  /** Advances the state of the notifications that the reader may see, up to `seq`. */
  advance(by: Actor, state: "acknowledged" | "read", seq: number): Promise<{ unread: number }>;
  close(): void;
}

/** The user who sends the request, read again after each wait: an administrator may have been demoted meanwhile. */
interface Actor {
  readonly principal: Principal;
}

interface NotificationsOptions {
  readonly store: NotificationStore;
  readonly clock: Clock;
  /** The users who are in a room of `/`. */
  membersOf(roomId: string): ReadonlySet<string> | Promise<ReadonlySet<string>>;
  /** After how long an unacknowledged notification of priority `critical` is to be escalated; undefined: never. */
  readonly escalateAfterMs: number | undefined;
  /** Counts notifications that were stored, for metrics. */
  count(audience: AudienceKind, priority: Priority, count: number): void;
  /** Limit for the notifications in one answer. */
  readonly maxBytes: number;
  /** Called after something was stored for these users, or for any user. */
  onStored(userIds: readonly string[] | "anybody"): void;
  /** Called after a user has acknowledged or read something. */
  onAdvanced(userId: string): void;
}

/**
 * Stores notifications, and answers requests for them and their read marks. Nothing is delivered or answered before it
 * is durable.
 */
export function createNotifications(options: NotificationsOptions): Notifications {
  const { store, clock } = options;
  const stopForgetting = clock.every(forgetEveryMs, () => {
    // An outage is logged where the store is monitored; the next time removes what this one could not.
    store.forget(new Date(clock.now()).toISOString()).catch(() => {});
  });

  async function send(to: Audience, input: Notice): Promise<string> {
    const { audience, notification } = validatePayload(noticeSchema, { audience: to, notification: input });
    const notice = stamped(notification, clock.now());
    if (audience !== "everyone" && "room_id" in audience) {
      await sendToEach([...(await options.membersOf(audience.room_id))], notice);
      return notice.id;
    }
    await store.append([toStored(storedAudience(audience), notice)]);
    options.count(kindOf(audience), notice.priority, 1);
    options.onStored(audience !== "everyone" && "user_id" in audience ? [audience.user_id] : "anybody");
    return notice.id;
  }

  async function sendToEach(userIds: readonly string[], notice: StoredNotice["notice"]): Promise<void> {
    for (let start = 0; start < userIds.length; start += noticesPerBatch) {
      const batch = userIds.slice(start, start + noticesPerBatch);
      await store.append(batch.map((userId) => toStored(userAudience(userId), notice)));
      options.count("room", notice.priority, batch.length);
      options.onStored(batch);
    }
  }

  function toStored(audience: string, notice: StoredNotice["notice"]): StoredNotice {
    const { escalateAfterMs } = options;
    if (notice.priority !== "critical" || escalateAfterMs === undefined) return { audience, notice };
    const escalate_at = new Date(Date.parse(notice.created_at) + escalateAfterMs).toISOString();
    return { audience, notice, escalate_at };
  }

  return {
    notify: {
      user: (user_id, notice) => send({ user_id }, notice),
      role: (role, notice) => send({ role }, notice),
      room: (room_id, notice) => send({ room_id }, notice),
      everyone: (notice) => send("everyone", notice),
    },
    send,
    async sync(by, { after, limit = defaultPage }) {
      const { principal } = by;
      const page = await store.read(readerOf(principal, clock.now()), { after, limit });
      requireSameRole(principal, by.principal);
      // A client repeats the request until it has the latest.
      return { ...page, notifications: [...someRowsWithin(page.notifications, options.maxBytes)] };
    },
    async advance(by, state, seq) {
      const { principal } = by;
      const reader = readerOf(principal, clock.now());
      const { latest_seq } = await store.read(reader, { after: seq, limit: 1 });
      await store.advance(reader, state, Math.min(seq, latest_seq));
      const { unread } = await store.read(reader, { after: seq, limit: 1 });
      options.onAdvanced(principal.userId);
      requireSameRole(principal, by.principal);
      return { unread };
    },
    close: stopForgetting,
  };
}

/** A user who is demoted from administrator during a read does not receive its result. */
function requireSameRole(before: Principal, now: Principal): void {
  if (before.role !== now.role) throw new Refusal("forbidden");
}

function stamped(notice: z.output<typeof noticeSchema>["notification"], now: number): StoredNotice["notice"] {
  const { type, priority, title, body, link, data, expires_at, requires_ack } = notice;
  return {
    ...{ id: randomUUID(), type, priority, title, body, requires_ack },
    ...(link !== undefined && { link }),
    ...(data !== undefined && { data }),
    created_at: new Date(now).toISOString(),
    // In one format, because times are compared as text.
    expires_at: new Date(expires_at ?? now + defaultLifeMs).toISOString(),
  };
}
