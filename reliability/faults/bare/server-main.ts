/**
 * The same work on bare Socket.IO with connection state recovery, as its documentation has it: rooms, an emit for each
 * change, the state in the answer to a join, and the same task store below. Takes the same environment.
 */
import { createServer } from "node:http";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { Server } from "socket.io";
import { createDice } from "../../../packages/client/test/support/dice.ts";
import { startTaskMill } from "../../../packages/client/test/support/task-mill.ts";
import { systemClock } from "../../../packages/server/src/core/clock.ts";
import { createTaskRegistry } from "../../../packages/server/src/tasks/task-registry.ts";
import { openJournal } from "../journal.ts";
import { createLethalMarkers } from "../lethal-markers.ts";
import { recordProgress, recordStore } from "../recorded.ts";
import { say, serve } from "../remote.ts";
import { writeResting } from "../resting.ts";

const { HOST, PORT, SOCKETIO_CORS_ORIGINS: origin, SOCKETIO_PING_INTERVAL, SOCKETIO_PING_TIMEOUT } = process.env;
const { DATABASE = "", JOURNAL = "", TASKS = "0", OWNERS = "", SEED = "1", PACE = "0.1" } = process.env;
const journal = openJournal(JOURNAL);
const markers = createLethalMarkers();
const store = recordStore(await createSqlStore(openSqlite<SignalboxTables>(DATABASE).kysely), journal, markers.reached);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const hub = createTaskRegistry({ store: store.tasks, clock: systemClock, log: silent });
const progress = recordProgress(hub, journal, markers.beforeAcknowledgement);
const http = createServer();
const io = new Server(http, {
  cors: { ...(origin !== undefined && { origin }), credentials: true },
  pingInterval: Number(SOCKETIO_PING_INTERVAL) * 1000,
  pingTimeout: Number(SOCKETIO_PING_TIMEOUT) * 1000,
  connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true },
});

io.use((socket, next) => {
  const [, user] = /user=([^~;]+)/.exec(socket.handshake.headers.cookie ?? "") ?? [];
  if (user === undefined) return next(new Error("not signed in"));
  socket.data.user = user;
  next();
});
io.on("connection", (socket) => {
  socket.on("leave", (taskId: string) => void socket.leave(taskId));
  socket.on("join", async (taskId: string, answer: (task: unknown) => void) => {
    const task = await hub.get(taskId);
    if (task === undefined || task.owner_id !== socket.data.user) return answer(null);
    await socket.join(taskId);
    // Read after joining, so that nothing falls between the two.
    answer(await hub.get(taskId));
  });
});
hub.subscribe({
  changed: (task) => void io.to(task.task_id).emit("progress", task),
  // The room stays until its members have the end and leave: packets for a room that was left are not recovered.
  ended: (task) => void io.to(task.task_id).emit("ended", task),
});

await new Promise<void>((resolve) => http.listen(Number(PORT), HOST, resolve));
await writeResting(journal, http, io.engine.clientsCount, true);
const mill = await startTaskMill({
  progress,
  size: Number(TASKS),
  owners: OWNERS.split(","),
  random: createDice(Number(SEED)),
  pace: Number(PACE),
  onTask: ({ task_id, owner_id }) => say("task", { task: task_id, owner: owner_id }),
  onFailure() {},
});
serve({
  arm: markers.arm,
  finish: mill.finish,
  rest: () => writeResting(journal, http, io.engine.clientsCount, true),
});
process.on("SIGTERM", () => void stop());
say("ready");

async function stop(): Promise<void> {
  await mill.stop();
  await io.close();
  await hub.close();
  await store.close();
  process.exit(0);
}
