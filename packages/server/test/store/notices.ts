/** Stores to test with notices, and notices and readers to test them with. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { readerOf } from "../../src/notifications/audience.ts";
import type { NotificationReader, Store, StoredNotice } from "../../src/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { at } from "./samples.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-notices-"));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true }));

export const openFile = (path: string): Promise<Store> => createSqlStore(openSqlite<SignalboxTables>(path).kysely);
export const freshPath = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

export const kinds: [name: string, open: () => Promise<Store>][] = [
  ["memory", async () => createMemoryStore()],
  ["SQLite", () => openFile(freshPath())],
];

export const reader = (userId: string, role: "user" | "admin" = "user", seconds = 10): NotificationReader =>
  readerOf({ userId, username: userId, role, session: { ref: userId, expiresAt: null } }, Date.parse(at(seconds)));

export const notice = (audience: string, title: string, expires_at = at(1000)): StoredNotice => ({
  audience,
  notice: {
    ...{ id: title, type: "test", priority: "normal", title, body: "", requires_ack: false },
    ...{ created_at: at(0), expires_at },
  },
});
