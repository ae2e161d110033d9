/** Sample notifications and readers for the tests of stores. */

import { readerOf } from "../../src/core/audience.ts";
import type { NotificationReader, StoredNotice } from "../../src/core/ports.ts";
import { at } from "./samples.ts";

export const reader = (userId: string, role: "user" | "admin" = "user", seconds = 10): NotificationReader =>
  readerOf({ userId, username: userId, role, session: { ref: userId, expiresAt: null } }, Date.parse(at(seconds)));

export const notice = (audience: string, title: string, expires_at = at(1000)): StoredNotice => ({
  audience,
  notice: {
    ...{ id: title, type: "test", priority: "normal", title, body: "", requires_ack: false },
    ...{ created_at: at(0), expires_at },
  },
});
