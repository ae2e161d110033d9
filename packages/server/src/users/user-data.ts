import { setImmediate as turn } from "node:timers/promises";
import type {
  BlockRow,
  Notification,
  NotificationState,
  Page,
  PageRequest,
  SecurityEvent,
  TaskSnapshot,
} from "@signalbox/protocol";
import { isId, maxIdLength } from "@signalbox/protocol/schemas";
import type { AppContext } from "../app/app-context.ts";
import { type NoticeAudience, toldAudience, userAudience } from "../core/audience.ts";
import { blockRow } from "../limits/block.ts";
import type { Limits } from "../limits/module.ts";
import { keyOfSubject } from "../limits/subject.ts";
import type { NotificationsModule } from "../notifications/module.ts";
import { escapeControl } from "../security-log/redact.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import type { Sessions } from "../sessions/module.ts";
import type { Sockets } from "../socket-io/module.ts";
import type { Tasks } from "../tasks/module.ts";

/** Rows of one query or one transaction. Between two of them the process serves other requests. */
const rowsPerBatch = 100;

/** A notification with its audience and its state for the user. */
export interface UserNotification extends Omit<Notification, "seq"> {
  readonly audience: NoticeAudience;
  readonly state: NotificationState;
}

/** Everything that is kept about a user, as plain JSON. */
export interface UserData {
  readonly user_id: string;
  /** ISO 8601 in UTC. */
  readonly exported_at: string;
  /** The tasks that the user owns, newest first. */
  readonly tasks: readonly TaskSnapshot[];
  /** Notifications for the user alone, and those for every user that reached them, oldest first. */
  readonly notifications: readonly UserNotification[];
  /** Lines of the security log with the user's id, newest first. */
  readonly security_events: readonly SecurityEvent[];
  /** Blocks of the user that are in force. */
  readonly blocks: readonly BlockRow[];
}

/** Data that an erasure keeps. */
export interface KeptData {
  readonly data: "security_events" | "blocks";
  readonly count: number;
  /** Why it is kept, and until when. */
  readonly reason: string;
}

/** What an erasure did. */
export interface ErasedUser {
  readonly user_id: string;
  /** Tasks that were removed. */
  readonly tasks: number;
  /** Notifications for the user alone that were removed, with their escalations. */
  readonly notifications: number;
  /** What was not removed; empty when nothing is left. */
  readonly kept: readonly KeptData[];
}

/** The data of one user, for requests for access and erasure. */
export interface Users {
  /**
   * Reads everything that is kept about a user.
   * @throws TypeError for what cannot be a user's id; Refusal `unavailable`, or the store's error, when a store does
   * not answer
   */
  export(userId: string): Promise<UserData>;
  /**
   * Closes the user's connections on every node and removes the user's tasks, notifications and read marks. Delete the
   * account or end its sessions first: a client with a valid session connects again, and is shown notifications for
   * every user as new. A call that failed may be repeated.
   * @throws TypeError for what cannot be a user's id; Refusal `unavailable`, or the store's error, when a store does
   * not answer
   */
  erase(userId: string): Promise<ErasedUser>;
}

interface UsersOptions {
  readonly sockets: Pick<Sockets, "disconnectUser">;
  readonly tasks: Pick<Tasks, "registry">;
  readonly notifications: Pick<NotificationsModule, "store">;
  readonly limits: Pick<Limits, "automaticBlocks" | "adminBlocks">;
  readonly sessions: Pick<Sessions, "changed">;
  readonly securityLog: Pick<SecurityLog, "flush">;
}

export function createUsers({ store, clock }: AppContext, options: UsersOptions): Users {
  const { sockets, limits, sessions } = options;
  const { registry } = options.tasks;
  const { store: notifications } = options.notifications;

  async function* noticesOf(userId: string): AsyncGenerator<UserNotification> {
    // Notifications for administrators are about the application; a demoted administrator does not receive them either.
    const audiences = [userAudience(userId), "everyone", "role:user"];
    for (let after = 0; ; await turn()) {
      const batch = await notifications.ofUser({ userId, audiences }, { after, limit: rowsPerBatch });
      for (const { notice, audience, state } of batch) yield { ...notice, audience: toldAudience(audience), state };
      after = batch.at(-1)?.serial ?? after;
      if (batch.length < rowsPerBatch) return;
    }
  }

  /** Uses the id as the log has it: there control characters are escaped. */
  const eventsOf = (userId: string) => (page: PageRequest) =>
    store.securityEvents.list({ ...page, user_id: escapeControl(userId, maxIdLength) });

  function blocksOf(userId: string): BlockRow[] {
    const place = keyOfSubject({ subject: "user", id: userId });
    const found = [limits.adminBlocks.of(place), limits.automaticBlocks.of(place)];
    return found.filter((block) => block !== undefined).map(blockRow);
  }

  async function eraseTasks(userId: string): Promise<number> {
    let removed = 0;
    for await (const { task_id } of rowsOf((page) => store.tasks.list({ ...page, ownerId: userId }))) {
      // Read again: the task may belong to another user by now. The store has a new owner before anything else has.
      if ((await store.tasks.get(task_id))?.owner_id !== userId) continue;
      await registry.remove(task_id);
      removed += 1;
      // A commit of SQLite waits for the disk on this thread.
      await turn();
    }
    return removed;
  }

  async function eraseNotifications(userId: string): Promise<number> {
    for (let removed = 0; ; await turn()) {
      const count = await notifications.eraseUser(userId, rowsPerBatch);
      removed += count;
      if (count < rowsPerBatch) return removed;
    }
  }

  async function keptOf(userId: string): Promise<KeptData[]> {
    await options.securityLog.flush();
    const { total } = await eventsOf(userId)({ limit: 1 });
    const kept: KeptData[] = [
      {
        ...{ data: "security_events", count: total },
        reason: "Needed to detect and prove attacks; kept until newer lines exceed SIGNALBOX_SECURITY_LOG_ROWS.",
      },
      {
        ...{ data: "blocks", count: blocksOf(userId).length },
        reason: "Keeps the user out; kept until the block ends or an administrator lifts it.",
      },
    ];
    return kept.filter(({ count }) => count > 0);
  }

  return {
    async export(userId) {
      requireUserId(userId);
      await options.securityLog.flush();
      return {
        user_id: userId,
        exported_at: new Date(clock.now()).toISOString(),
        tasks: await all(rowsOf((page) => registry.list({ ...page, ownerId: userId }))),
        notifications: await all(noticesOf(userId)),
        security_events: await all(rowsOf(eventsOf(userId))),
        blocks: blocksOf(userId),
      };
    },

    async erase(userId) {
      requireUserId(userId);
      await sessions.changed({ userId, reason: "removed" });
      await sockets.disconnectUser(userId);
      const tasks = await eraseTasks(userId);
      const removed = await eraseNotifications(userId);
      return { user_id: userId, tasks, notifications: removed, kept: await keptOf(userId) };
    },
  };
}

/** All rows of a list, page by page. Rows that are added meanwhile are not among them. */
async function* rowsOf<Row>(list: (page: PageRequest) => Promise<Page<Row>>): AsyncGenerator<Row> {
  for (let after: string | undefined; ; await turn()) {
    const { rows, next } = await list({ after, limit: rowsPerBatch });
    yield* rows;
    if (next === null) return;
    after = next;
  }
}

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of rows) read.push(row);
  return read;
}

/** @throws TypeError for what cannot be a user's id */
function requireUserId(userId: string): void {
  if (typeof userId === "string" && isId(userId)) return;
  throw new TypeError(`A user's id must be a string of 1 to ${maxIdLength} well-formed characters without NUL.`);
}
