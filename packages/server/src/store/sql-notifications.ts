import type { Notification } from "@signalbox/protocol";
import { type Kysely, sql, type Transaction } from "kysely";
import { userAudience } from "../core/audience.ts";
import type { NotificationReader, NotificationStore } from "../core/ports.ts";
import { advanced, type Marks, maxPerUser, stateOf } from "./read-marks.ts";
import { createSqlEscalations, type EscalationTables } from "./sql-escalations.ts";

export interface NotificationTables extends EscalationTables {
  signalbox_notice_clock: { serial: number };
}

type Ledger = Marks & { serial: number; last_seq: number };

/** Databases limit the parameters of a statement. */
const rowsPerStatement = 500;

/** Stores notices and ledgers in SQL. */
export function createSqlNotifications<Tables extends NotificationTables>(kysely: Kysely<Tables>): NotificationStore {
  const db = kysely as unknown as Kysely<NotificationTables>;

  return {
    async append(notices) {
      if (notices.length === 0) return;
      await db.transaction().execute(async (trx) => {
        // The row stays locked until the commit: serials become visible in their order, and no reader skips one.
        const { serial } = await trx
          .updateTable("signalbox_notice_clock")
          .set({ serial: sql<number>`serial + ${notices.length}` })
          .returning("serial")
          .executeTakeFirstOrThrow();
        const first = Number(serial) - notices.length + 1;
        const rows = notices.map(({ audience, notice }, position) => ({
          ...{ serial: first + position, audience, expires_at: notice.expires_at, json: JSON.stringify(notice) },
        }));
        for (let start = 0; start < rows.length; start += rowsPerStatement) {
          await trx
            .insertInto("signalbox_notice")
            .values(rows.slice(start, start + rowsPerStatement))
            .execute();
        }
        const escalations = notices.flatMap(({ escalate_at }, position) =>
          escalate_at === undefined ? [] : [{ serial: first + position, due_at: escalate_at, tries: 0 }],
        );
        for (let start = 0; start < escalations.length; start += rowsPerStatement) {
          await trx
            .insertInto("signalbox_escalation")
            .values(escalations.slice(start, start + rowsPerStatement))
            .execute();
        }
      });
    },

    read: (reader, { after, limit }) =>
      db.transaction().execute(async (trx) => {
        const ledger = await merged(trx, reader);
        const rows = await visible(trx, reader)
          .select(["entry.seq", "notice.json"])
          .where("entry.seq", ">", after ?? ledger.delivered_seq)
          .orderBy("entry.seq")
          .limit(limit)
          .execute();
        const latest = await visible(trx, reader)
          .select(({ fn }) => fn.max("entry.seq").as("seq"))
          .executeTakeFirst();
        const unread = await visible(trx, reader)
          .select(({ fn }) => fn.countAll().as("count"))
          .where("entry.seq", ">", ledger.read_seq)
          .executeTakeFirstOrThrow();
        return {
          notifications: rows.map(({ seq, json }): Notification => ({ ...JSON.parse(json), seq: Number(seq) })),
          latest_seq: Number(latest?.seq ?? 0),
          acknowledged_seq: ledger.acknowledged_seq,
          read_seq: ledger.read_seq,
          unread: Number(unread.count),
        };
      }),

    advance: (reader, state, seq) =>
      db.transaction().execute(async (trx) => {
        const ledger = await merged(trx, reader);
        await trx
          .updateTable("signalbox_ledger")
          .set(advanced(ledger, state, Math.min(seq, ledger.last_seq)))
          .where("user_id", "=", reader.userId)
          .execute();
      }),

    forget: (now) =>
      db.transaction().execute(async (trx) => {
        const expired = trx.selectFrom("signalbox_notice").select("serial").where("expires_at", "<=", now);
        await trx.deleteFrom("signalbox_ledger_entry").where("serial", "in", expired).execute();
        await trx.deleteFrom("signalbox_escalation").where("serial", "in", expired).execute();
        await trx.deleteFrom("signalbox_notice").where("expires_at", "<=", now).execute();
      }),

    async ofUser({ userId, audiences }, { after, limit }) {
      const rows = await db
        .selectFrom("signalbox_notice as notice")
        .leftJoin("signalbox_ledger_entry as entry", (join) =>
          join.onRef("entry.serial", "=", "notice.serial").on("entry.user_id", "=", userId),
        )
        .leftJoin("signalbox_ledger as ledger", "ledger.user_id", "entry.user_id")
        .select(["notice.serial", "notice.audience", "notice.json", "entry.seq"])
        .select(["ledger.delivered_seq", "ledger.acknowledged_seq", "ledger.read_seq"])
        .where("notice.serial", ">", after)
        .where("notice.audience", "in", audiences)
        .where(({ eb, or }) => or([eb("notice.audience", "=", userAudience(userId)), eb("entry.seq", "is not", null)]))
        .orderBy("notice.serial")
        .limit(limit)
        .execute();
      return rows.map(({ serial, audience, json, seq, ...marks }) => ({
        ...{ serial: Number(serial), audience, notice: JSON.parse(json) },
        // Without an entry the joined columns are null. `stateOf` does not use them then.
        state: stateOf(marks as Marks, seq === null ? undefined : Number(seq)),
      }));
    },

    eraseUser: (userId, limit) =>
      db.transaction().execute(async (trx) => {
        // The ledger first, as readers do: two transactions that lock the rows in opposite orders would deadlock.
        await trx.deleteFrom("signalbox_ledger").where("user_id", "=", userId).execute();
        await trx.deleteFrom("signalbox_ledger_entry").where("user_id", "=", userId).execute();
        const own = trx
          .selectFrom("signalbox_notice")
          .select("serial")
          .where("audience", "=", userAudience(userId))
          .orderBy("serial")
          .limit(limit);
        const serials = (await own.execute()).map(({ serial }) => serial);
        if (serials.length === 0) return 0;
        await trx.deleteFrom("signalbox_escalation").where("serial", "in", serials).execute();
        await trx.deleteFrom("signalbox_notice").where("serial", "in", serials).execute();
        return serials.length;
      }),

    escalations: createSqlEscalations(db),
  };
}

const visible = (trx: Transaction<NotificationTables>, { userId, audiences, now }: NotificationReader) =>
  trx
    .selectFrom("signalbox_ledger_entry as entry")
    .innerJoin("signalbox_notice as notice", "notice.serial", "entry.serial")
    .where("entry.user_id", "=", userId)
    .where("notice.audience", "in", audiences)
    .where("notice.expires_at", ">", now);

/** The reader's ledger, locked, after merging the newer notices of the log for this reader into it. */
async function merged(trx: Transaction<NotificationTables>, reader: NotificationReader): Promise<Ledger> {
  const { userId, audiences, now } = reader;
  const ledger = await locked(trx, userId);
  const clock = await trx.selectFrom("signalbox_notice_clock").select("serial").executeTakeFirstOrThrow();
  const serial = Number(clock.serial);
  if (serial === ledger.serial) return ledger;
  const newest = await trx
    .selectFrom("signalbox_notice")
    .select("serial")
    .where("serial", ">", ledger.serial)
    .where("serial", "<=", serial)
    .where("audience", "in", audiences)
    .where("expires_at", ">", now)
    .orderBy("serial", "desc")
    .limit(maxPerUser)
    .execute();
  const entries = newest
    .reverse()
    .map((row, position) => ({ user_id: userId, seq: ledger.last_seq + position + 1, serial: row.serial }));
  for (let start = 0; start < entries.length; start += rowsPerStatement) {
    await trx
      .insertInto("signalbox_ledger_entry")
      .values(entries.slice(start, start + rowsPerStatement))
      .execute();
  }
  const last_seq = ledger.last_seq + entries.length;
  await trx.updateTable("signalbox_ledger").set({ serial, last_seq }).where("user_id", "=", userId).execute();
  await trx
    .deleteFrom("signalbox_ledger_entry")
    .where("user_id", "=", userId)
    .where("seq", "<=", last_seq - maxPerUser)
    .execute();
  return { ...ledger, serial, last_seq };
}

/** Locks the row with an update that changes nothing: two concurrent readers must not assign one `seq` twice. */
async function locked(trx: Transaction<NotificationTables>, user_id: string): Promise<Ledger> {
  const zero = { serial: 0, last_seq: 0, delivered_seq: 0, acknowledged_seq: 0, read_seq: 0 };
  const row = await trx
    .insertInto("signalbox_ledger")
    .values({ user_id, ...zero })
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet({ user_id }))
    .returning(["serial", "last_seq", "delivered_seq", "acknowledged_seq", "read_seq"])
    .executeTakeFirstOrThrow();
  return {
    serial: Number(row.serial),
    last_seq: Number(row.last_seq),
    delivered_seq: Number(row.delivered_seq),
    acknowledged_seq: Number(row.acknowledged_seq),
    read_seq: Number(row.read_seq),
  };
}
