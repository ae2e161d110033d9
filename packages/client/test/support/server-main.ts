/**
 * A server as a process of its own, that can be killed. Settings come from the environment: those of Signalbox,
 * `DATABASE` for a file that outlives the process, `TASKS` for the number of tasks that run, whose history goes to the
 * file `JOURNAL`.
 */
import { createServer } from "node:http";
import { createRealtime, loadConfig } from "@signalbox/server";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { openJournal } from "../../../../reliability/faults/journal.ts";
import { recordProgress, recordStore } from "../../../../reliability/faults/recorded.ts";
import { createOpenSessions } from "./open-sessions.ts";
import type { FromServer, ToServer } from "./server-process.ts";
import { startTaskMill, type TaskMill } from "./task-mill.ts";

const { DATABASE, TASKS, JOURNAL = "/dev/null", ...env } = process.env;
const { config } = loadConfig(env);
const http = createServer((_req, res) => res.writeHead(404).end());
const silent = {
  debug() {},
  info() {},
  warn() {},
  error: (fields: object, message: string) => complain(message, fields),
};
const journal = openJournal(JOURNAL);
const store =
  DATABASE === undefined
    ? undefined
    : recordStore(await createSqlStore(openSqlite<SignalboxTables>(DATABASE).kysely), journal);
const realtime = createRealtime({
  httpServer: http,
  config,
  sessions: createOpenSessions(),
  logger: silent,
  ...(store && { store }),
});
let mill: TaskMill | undefined;

process.on("message", (message: ToServer) => {
  if (message.type === "close_transports") closeTransports(message.share);
  else void finish();
});
process.on("SIGTERM", () => void stop());
process.on("disconnect", () => process.exit());

if (TASKS !== undefined) {
  mill = await startTaskMill({
    progress: recordProgress(realtime.progress, journal),
    size: Number(TASKS),
    owners: ["somebody"],
    random: Math.random,
    onTask: ({ task_id }) => say({ type: "task", task: task_id }),
    onFailure: (err) => complain("The work failed.", { err: err as Error }),
  });
}
http.listen(config.port, config.host, () => say({ type: "ready" }));

function say(message: FromServer): void {
  process.send?.(message, () => {});
}

function complain(message: string, { err }: { err?: Error }): void {
  process.stderr.write(`${message} ${err?.stack ?? ""}\n`);
}

/** Ends connections from this side, without a word. */
function closeTransports(share: number): void {
  const { clients } = realtime.io.engine as unknown as { clients: Record<string, { close(discard: boolean): void }> };
  for (const connection of Object.values(clients)) if (Math.random() < share) connection.close(true);
}

async function finish(): Promise<void> {
  await mill?.finish();
  say({ type: "finished" });
}

/** Does not wait for connections that the clients are slow to close. */
async function stop(): Promise<void> {
  await realtime.close();
  process.exit();
}
