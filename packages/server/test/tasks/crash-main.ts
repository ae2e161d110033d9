/**
 * A server on a SQLite file, in a process of its own that a test can kill: `node crash-main.ts <file>`. It begins the
 * task `one`, or finds it from before. On the message `burst` it reports far more often than once a millisecond. On
 * `finish` it continues the work at a count behind the last one, and ends it.
 */
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { startTestServer } from "../../src/testing/index.ts";

/** More than any machine reports before it is killed. */
const total = 20_000_000;
const [, , path = ""] = process.argv;
const store = await createSqlStore(openSqlite<SignalboxTables>(path).kysely);
const server = await startTestServer({ store });
const { progress } = server.realtime;

if ((await store.tasks.get("one")) === undefined) {
  await progress.create({ task_id: "one", kind: "burst", title: "A burst", owner_id: "ada", total });
}

/** Rises with the first reports, however few a slow machine makes, and with all later ones. */
const percentAt = (current: number): number => (100 * current) / (current + 10_000);

async function burst(): Promise<void> {
  await progress.report("one", { status: "running" });
  for (let current = 1; current <= total; current += 1) {
    void progress.report("one", { current, percent: percentAt(current) });
    if (current % 300 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function finish(): Promise<void> {
  await progress.report("one", { status: "running" });
  await progress.report("one", { current: 1 });
  await progress.complete("one");
}

process.on("message", (order) => void (order === "burst" ? burst() : finish()));
process.send?.({ url: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
