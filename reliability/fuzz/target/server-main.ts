/**
 * The server under attack, a process of its own: what it does to itself shows. Settings come from the environment;
 * `PLANT` names a fault to be built in, for tests of those who should find it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { userRoom } from "@signalbox/protocol";
import { createRealtime, loadConfig } from "@signalbox/server";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { attackers, canary, openRooms, sidHeader, streamOf, taskOf, watchers } from "../bait.ts";
import type { FromServer, LiveSocket, State, ToServer } from "./messages.ts";
import { type PlantName, plants } from "./plants.ts";
import { createBaitSessions } from "./sessions.ts";

const say = (message: FromServer): void => void process.send?.(message, () => {});
const fault = (what: string) => (error: unknown) =>
  say({ type: "fault", what, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
process.on("uncaughtException", fault("an uncaught exception"));
process.on("unhandledRejection", fault("an unhandled rejection"));
process.on("warning", fault("a warning of Node"));
process.on("disconnect", () => process.exit());

const prototypes = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  String: String.prototype,
};
const inherited = () =>
  Object.entries(prototypes).flatMap(([of, it]) => Reflect.ownKeys(it).map((key) => `${of}.${String(key)}`));
const inheritedAtFirst = new Set(inherited());

const { PLANT, DATABASE = ":memory:", ...env } = process.env;
const { config } = loadConfig(env);
const httpServer = createServer((_req, res) => res.writeHead(404, { "Content-Length": 11 }).end("application"));
const sessions = createBaitSessions();
let departed: LiveSocket[] = [];
let cancels: { task: string; by: string }[] = [];
const realtime = createRealtime({
  ...{ httpServer, config, sessions },
  store: await createSqlStore(openSqlite<SignalboxTables>(DATABASE).kysely),
  // Asked to, and in no hurry: a task that ends would leave nothing to attack.
  tasks: { cancel: ({ task_id }, { userId }) => void cancels.push({ task: task_id, by: userId }) },
  roomAccess: (room) => room.startsWith(openRooms),
  logger: {
    debug() {},
    info() {},
    warn() {},
    error: (fields: { err?: unknown }, message) => fault(`an error in the log: ${message}`)(fields.err ?? ""),
  },
});
const { io, progress } = realtime;
const { engine } = io;
const ownId = engine.generateId;
Object.assign(engine, {
  generateId: (req: Parameters<typeof ownId>[0]) => req.headers[sidHeader] ?? ownId.call(engine, req),
});

for (const { userId } of [...attackers, ...Object.values(watchers)]) {
  const title = attackers.some((each) => each.userId === userId) ? "Work" : canary;
  await progress.create({ task_id: taskOf(userId), kind: "work", title, owner_id: userId });
}
for (const { userId } of Object.values(watchers)) {
  const task_id = streamOf(userId);
  await progress.create({ task_id, kind: "stream", title: canary, owner_id: userId });
  let current = 0;
  setInterval(() => {
    current += 1;
    progress.report(task_id, { status: "running", current, message: canary }).catch(fault("a report that failed"));
  }, 100);
}
if (PLANT !== undefined)
  plants[PLANT as PlantName]({ realtime, httpServer, victimRoom: userRoom(watchers.polling.userId) });

for (const namespace of io._nsps.values()) {
  namespace.on("connection", (socket) => {
    // Most connections do not live until the next look, and what they have got goes with them.
    socket.on("disconnecting", () => void departed.push(describe(socket)));
  });
}

process.on("message", (message: ToServer) => void look(message).catch(fault("a look that failed")));
httpServer.listen(0, "127.0.0.1", () => say({ type: "ready", port: (httpServer.address() as AddressInfo).port }));

type Socket = Parameters<Parameters<typeof io.use>[0]>[0];

function describe({ id, conn, nsp, data, rooms }: Socket): LiveSocket {
  const { userId, role } = data.principal;
  const { id: sid } = conn as unknown as { id: string };
  return { sid, namespace: nsp.name, userId, role, rooms: [...rooms].filter((room) => room !== id) };
}

async function look({ id, thorough }: ToServer): Promise<void> {
  if (thorough) globalThis.gc?.();
  const namespaces = [...io._nsps.values()];
  const { rows } = await progress.list({ limit: 500 });
  const state: State = {
    sockets: namespaces.flatMap(({ sockets }) => [...sockets.values()].map(describe)),
    departed,
    tasks: Object.fromEntries(
      rows.filter(({ kind }) => kind !== "stream").map((task) => [task.task_id, JSON.stringify(task)]),
    ),
    sessions: sessions.all(),
    ...{ cancels, revoked: sessions.takeRevoked() },
    pollution: inherited().filter((name) => !inheritedAtFirst.has(name)),
    connections: engine.clientsCount,
    entering: namespaces.reduce(
      (sum, namespace) =>
        sum + (namespace as unknown as { _preConnectSockets: Map<string, unknown> })._preConnectSockets.size,
      0,
    ),
    tcpStreams: process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length,
    heapBytes: process.memoryUsage().heapUsed,
  };
  cancels = [];
  departed = [];
  say({ type: "state", id, state });
}
