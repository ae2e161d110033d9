/**
 * A server on a SQLite file that dies between storing a notification and sending it: `node crash-main.ts <file>`. On
 * any message it sends a notification to `ada`.
 */
import type { Store } from "../../src/core/ports.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { startTestServer } from "../../src/testing/index.ts";

const [, , path = ""] = process.argv;
const kept = await createSqlStore(openSqlite<SignalboxTables>(path).kysely);
const store: Store = {
  ...kept,
  notifications: {
    ...kept.notifications,
    async append(notices) {
      await kept.notifications.append(notices);
      process.kill(process.pid, "SIGKILL");
    },
  },
};
const server = await startTestServer({ store, notifications: { onUnacknowledged() {} } });
const notice = { type: "test", title: "before", priority: "critical" } as const;
process.on("message", () => void server.realtime.notify.user("ada", notice));
process.send?.({ url: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
