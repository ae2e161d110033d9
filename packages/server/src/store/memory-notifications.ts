import { userAudience } from "../core/audience.ts";
import type { NotificationReader, NotificationStore, StoredNotice } from "../core/ports.ts";
import { advanced, type Marks, maxPerUser, stateOf } from "./read-marks.ts";

/** Maximum number of notices in the log. Beyond it the oldest are deleted. */
const maxNotices = 10_000;

interface Ledger extends Marks {
  serial: number;
  lastSeq: number;
  entries: { seq: number; stored: StoredNotice }[];
}

const unread: Marks = { delivered_seq: 0, acknowledged_seq: 0, read_seq: 0 };

/** Stores notices and ledgers in memory. */
export function createMemoryNotifications(): NotificationStore {
  const log = new Map<number, StoredNotice>();
  const ledgers = new Map<string, Ledger>();
  /** The escalations of the notices in the log, by serial. */
  const escalations = new Map<number, { due_at: string; tries: number }>();
  let serial = 0;

  function forgetOne(position: number): void {
    log.delete(position);
    escalations.delete(position);
  }

  /** The reader's ledger, after merging the newer notices of the log for this reader into it. */
  function merged(reader: NotificationReader): Ledger {
    const { userId } = reader;
    const ledger = ledgers.get(userId) ?? {
      ...{ serial: 0, lastSeq: 0, entries: [] },
      ...unread,
    };
    ledgers.set(userId, ledger);
    if (ledger.serial === serial) return ledger;
    const pending = [...log].filter(([position, stored]) => position > ledger.serial && isFor(reader, stored));
    for (const [, stored] of pending.slice(-maxPerUser)) {
      ledger.lastSeq += 1;
      ledger.entries.push({ seq: ledger.lastSeq, stored });
    }
    ledger.serial = serial;
    ledger.entries = ledger.entries.slice(-maxPerUser);
    return ledger;
  }

  return {
    async append(notices) {
      for (const stored of structuredClone(notices)) {
        serial += 1;
        log.set(serial, stored);
        if (stored.escalate_at !== undefined) escalations.set(serial, { due_at: stored.escalate_at, tries: 0 });
      }
      for (const position of log.keys()) {
        if (log.size <= maxNotices) break;
        forgetOne(position);
      }
    },
    async read(reader, { after, limit }) {
      const ledger = merged(reader);
      const visible = ledger.entries.filter(({ stored }) => isFor(reader, stored));
      const following = visible.filter(({ seq }) => seq > (after ?? ledger.delivered_seq)).slice(0, limit);
      return {
        notifications: following.map(({ seq, stored }) => ({ ...structuredClone(stored.notice), seq })),
        latest_seq: visible.at(-1)?.seq ?? 0,
        acknowledged_seq: ledger.acknowledged_seq,
        read_seq: ledger.read_seq,
        unread: visible.filter(({ seq }) => seq > ledger.read_seq).length,
      };
    },
    async advance(reader, state, seq) {
      const ledger = merged(reader);
      Object.assign(ledger, advanced(ledger, state, Math.min(seq, ledger.lastSeq)));
    },
    async forget(now) {
      for (const [position, { notice }] of log) if (notice.expires_at <= now) forgetOne(position);
      for (const ledger of ledgers.values()) {
        ledger.entries = ledger.entries.filter(({ stored }) => stored.notice.expires_at > now);
      }
    },
    async ofUser({ userId, audiences }, { after, limit }) {
      const ledger = ledgers.get(userId);
      const seqs = new Map(ledger?.entries.map(({ seq, stored }) => [stored, seq]));
      const own = userAudience(userId);
      const kept = [...log].filter(
        ([position, stored]) =>
          position > after && audiences.includes(stored.audience) && (stored.audience === own || seqs.has(stored)),
      );
      return kept.slice(0, limit).map(([position, stored]) => ({
        ...{ serial: position, ...structuredClone({ audience: stored.audience, notice: stored.notice }) },
        state: stateOf(ledger ?? unread, seqs.get(stored)),
      }));
    },
    async eraseUser(userId, limit) {
      ledgers.delete(userId);
      const own = [...log].filter(([, { audience }]) => audience === userAudience(userId)).slice(0, limit);
      for (const [position] of own) forgetOne(position);
      return own.length;
    },

    escalations: {
      async claim({ now, until, limit }) {
        const due = [...escalations]
          .filter(([position, { due_at }]) => due_at <= now && isAlive(log.get(position), now))
          .sort(([, a], [, b]) => (a.due_at < b.due_at ? -1 : 1))
          .slice(0, limit);
        return due.map(([position, escalation]) => {
          escalation.due_at = until;
          escalation.tries += 1;
          const { audience, notice } = structuredClone(log.get(position) as StoredNotice);
          return { serial: position, audience, notice, tries: escalation.tries };
        });
      },
      async postpone(position, until) {
        const escalation = escalations.get(position);
        if (escalation !== undefined) escalation.due_at = until;
      },
      async settle(position) {
        escalations.delete(position);
      },
      async hasAcknowledged(userId, position) {
        const ledger = ledgers.get(userId);
        const entry = ledger?.entries.find(({ stored }) => stored === log.get(position));
        return ledger !== undefined && entry !== undefined && entry.seq <= ledger.acknowledged_seq;
      },
    },
  };
}

const isAlive = (stored: StoredNotice | undefined, now: string): boolean =>
  stored !== undefined && stored.notice.expires_at > now;

const isFor = ({ audiences, now }: NotificationReader, { audience, notice }: StoredNotice): boolean =>
  audiences.includes(audience) && notice.expires_at > now;
