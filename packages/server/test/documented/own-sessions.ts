/** Sessions that an application manages itself: quoted in docs/sessions.md. */
import { EventEmitter } from "node:events";

interface Row {
  readonly id: string;
  readonly token: string;
  readonly user: { readonly id: string; readonly name: string; readonly isAdmin: boolean };
  readonly expiresAt: number;
}

/** Simulates the application's table. */
const rows = new Map<string, Row>();
const changes = new EventEmitter<{ deleted: [Row] }>();

export const table = {
  insert: (row: Row): unknown => rows.set(row.id, row),
  async find(token: string): Promise<Row | undefined> {
    return [...rows.values()].find((row) => row.token === token);
  },
  async delete(id: string): Promise<boolean> {
    const row = rows.get(id);
    if (row === undefined) return false;
    rows.delete(id);
    changes.emit("deleted", row);
    return true;
  },
};

// #region sessions

import type { SessionSource } from "@signalbox/server";

export const sessions: SessionSource = {
  // Found in the request, and not looked up yet.
  credentialOf({ headers }) {
    const value = /(?:^|; )sid=(\w+)/.exec(headers.cookie ?? "")?.[1];
    return value === undefined ? undefined : { kind: "cookie", value };
  },
  // Throws only when the answer cannot be had: clients receive `unavailable`, and no user is signed out.
  async resolve({ value }) {
    const row = await table.find(value);
    if (row === undefined) return "session_invalid";
    if (row.expiresAt <= Date.now()) return "session_expired";
    const { id: userId, name: username, isAdmin } = row.user;
    return { ref: row.id, userId, username, role: isAdmin ? "admin" : "user", expiresAt: row.expiresAt };
  },
  // An administrator ends a session.
  revoke: (ref) => table.delete(ref),
  // Reports whatever ends or changes a session: its sockets follow at once.
  watch(onChange) {
    const tell = ({ id }: { id: string }) => onChange({ ref: id, reason: "signed_out" });
    changes.on("deleted", tell);
    return () => changes.off("deleted", tell);
  },
};
// #endregion
