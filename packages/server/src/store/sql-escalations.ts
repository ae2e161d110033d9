import { type Kysely, sql } from "kysely";
import type { EscalationStore } from "../core/ports.ts";
import type { Marks } from "./read-marks.ts";

/** The table of escalations, and the tables that it refers to. */
export interface EscalationTables {
  signalbox_notice: { serial: number; audience: string; expires_at: string; json: string };
  signalbox_ledger: Marks & { user_id: string; serial: number; last_seq: number };
  signalbox_ledger_entry: { user_id: string; seq: number; serial: number };
  signalbox_escalation: { serial: number; due_at: string; tries: number };
}

/** Stores escalations in SQL. They are inserted with their notices, in one transaction. */
export function createSqlEscalations<Tables extends EscalationTables>(kysely: Kysely<Tables>): EscalationStore {
  const db = kysely as unknown as Kysely<EscalationTables>;

  return {
    async claim({ now, until, limit }) {
      // Reads first, without a lock: most of the time nothing is due.
      const due = await db
        .selectFrom("signalbox_escalation as escalation")
        .innerJoin("signalbox_notice as notice", "notice.serial", "escalation.serial")
        .select(["escalation.serial", "notice.audience", "notice.json"])
        .where("escalation.due_at", "<=", now)
        .where("notice.expires_at", ">", now)
        .orderBy("escalation.due_at")
        .limit(limit)
        .execute();
      if (due.length === 0) return [];
      // When two callers read the same row, the second finds a later `due_at`, and does not get the row.
      const claimed = await db
        .updateTable("signalbox_escalation")
        .set({ due_at: until, tries: sql<number>`tries + 1` })
        .where(
          "serial",
          "in",
          due.map(({ serial }) => serial),
        )
        .where("due_at", "<=", now)
        .returning(["serial", "tries"])
        .execute();
      const tries = new Map(claimed.map((row) => [Number(row.serial), Number(row.tries)]));
      return due.flatMap(({ serial, audience, json }) => {
        const tried = tries.get(Number(serial));
        return tried === undefined
          ? []
          : [{ serial: Number(serial), audience, notice: JSON.parse(json), tries: tried }];
      });
    },

    async postpone(serial, until) {
      await db.updateTable("signalbox_escalation").set({ due_at: until }).where("serial", "=", serial).execute();
    },

    async settle(serial) {
      await db.deleteFrom("signalbox_escalation").where("serial", "=", serial).execute();
    },

    async hasAcknowledged(userId, serial) {
      const row = await db
        .selectFrom("signalbox_ledger_entry as entry")
        .innerJoin("signalbox_ledger as ledger", "ledger.user_id", "entry.user_id")
        .select("entry.seq")
        .where("entry.user_id", "=", userId)
        .where("entry.serial", "=", serial)
        .whereRef("entry.seq", "<=", "ledger.acknowledged_seq")
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
