/**
 * The server that faults are put into, with work that goes on all the time. Settings of Signalbox come from the
 * environment, and `DATABASE`, `NODE` (its name where there are several; the database is then PostgreSQL's URL), `JOURNAL`, `TASKS` (how many run), `OWNERS` (comma-separated), `PACE` and `SEED`.
 */
import { createServer } from "node:http";
import { createRealtime, loadConfig } from "@signalbox/server";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { createDice } from "../../packages/client/test/support/dice.ts";
import { createOpenSessions } from "../../packages/client/test/support/open-sessions.ts";
import { startTaskMill } from "../../packages/client/test/support/task-mill.ts";
import { openJournal } from "./journal.ts";
import { createLethalMarkers } from "./lethal-markers.ts";
import { startNoticeMill } from "./notice-mill.ts";
import { recordProgress, recordStore } from "./recorded.ts";
import { say, serve } from "./remote.ts";
import { writeResting } from "./resting.ts";

const {
  DATABASE = "",
  NODE = "",
  JOURNAL = "",
  TASKS = "0",
  OWNERS = "",
  SEED = "1",
  PACE = "0.1",
  ...env
} = process.env;
const { config } = loadConfig(env);
const journal = openJournal(JOURNAL);
const markers = createLethalMarkers();
const sessions = createOpenSessions();
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const sqlite = NODE === "" ? openSqlite<SignalboxTables>(DATABASE) : undefined;
// Loaded where they are used: how soon a server is back is measured.
const shared = NODE === "" ? undefined : await import("./node-parts.ts");
const { kysely } = sqlite ?? (shared as NonNullable<typeof shared>).openDatabase(DATABASE);
const store = recordStore(await createSqlStore(kysely), journal, markers.reached);
const http = createServer((_req, res) => res.writeHead(404).end());
const realtime = createRealtime({
  ...{ httpServer: http, config, sessions, logger: silent, store },
  ...(shared && { cluster: shared.connect(config) }),
});
const connections = (): number => realtime.io.engine.clientsCount;

let failures = 0;
const progress = recordProgress(realtime.progress, journal, markers.beforeAcknowledgement);
await new Promise<void>((resolve) => http.listen(config.port, config.host, resolve));
await writeResting(journal, http, connections(), NODE === "");
const mill = await startTaskMill({
  progress,
  size: Number(TASKS),
  title: `Work ${NODE}`,
  owners: OWNERS.split(","),
  random: createDice(Number(SEED)),
  pace: Number(PACE),
  onTask: ({ task_id, owner_id }) => say("task", { task: task_id, owner: owner_id }),
  onFailure() {
    failures += 1;
  },
});

const notices = startNoticeMill({
  ...{ notify: realtime.notify, journal, users: OWNERS.split(","), random: createDice(Number(SEED) + 1) },
  onFailure() {
    failures += 1;
  },
});

serve({
  arm: markers.arm,
  status: () => ({ connections: connections(), lookups: sessions.lookups(), failures }),
  /** Nothing can be written until it is switched off again. */
  readOnly: (on: boolean) => sqlite?.database.exec(`PRAGMA query_only = ${on ? "ON" : "OFF"}`),
  revoke: (session: string) => sessions.end(session),
  flood,
  async finish() {
    await mill.finish();
    return notices.finish();
  },
  rest: () => writeResting(journal, http, connections(), NODE === ""),
});
process.on("SIGTERM", () => void stop());
say("ready");

async function stop(): Promise<void> {
  notices.stop();
  const closed = realtime.close();
  await mill.stop();
  await closed;
  await store.close();
  process.exit(0);
}

/** More than a client takes that does not read; resolves when its connection is closed. False when it never is. */
async function flood(session: string): Promise<boolean> {
  const bulk = "x".repeat(65_536);
  for (let turn = 0; turn < 2000; turn += 1) {
    const victims = [...realtime.io.of("/").sockets.values()].filter(
      ({ data }) => data.principal.session?.ref === session,
    );
    if (victims.length === 0) return true;
    for (const victim of victims) victim.emit("bulk", bulk);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}
