/**
 * Socket.IO as its documentation teaches it: `cors`, connection state recovery, a cookie session that is looked up in a
 * middleware, a table of handlers. Nothing here is wrong on purpose; what goes wrong is what Socket.IO leaves to others.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { createTurnMeter, inTurns, serveCommands, troubledStore } from "./target-protocol.ts";

interface User {
  readonly userId: string;
  role: "user" | "admin";
}

type Answer = (answer: object) => void;

const sessions = new Map<string, User>();
let logLines = 0;
const log = (_line: string): void => {
  logLines += 1;
};

const httpServer = createServer((_req, res) => res.writeHead(404).end());
await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
const { port } = httpServer.address() as AddressInfo;
const io = new Server(httpServer, {
  cors: { origin: `http://127.0.0.1:${port}`, credentials: true },
  connectionStateRecovery: {},
  connectTimeout: 5000,
});

async function findUser(socket: Socket): Promise<User | undefined> {
  const token = /(?:^|; )sid=([^;]*)/.exec(socket.handshake.headers.cookie ?? "")?.[1];
  // A session store answers over the network, never in the same turn.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const user = sessions.get(token ?? "");
  if (user !== undefined) await troubledStore(user.userId);
  return user;
}

async function authenticate(socket: Socket, next: (error?: Error) => void): Promise<void> {
  const user = await findUser(socket);
  if (user === undefined) {
    log("A connection without a session was refused.");
    return next(new Error("unauthorized"));
  }
  socket.data.user = user;
  next();
}

const handlers: Record<string, (socket: Socket, payload: { room_id?: string }, answer: Answer) => void> = {
  check_connection: (_socket, payload, answer) => {
    log(`check_connection ${JSON.stringify(payload)}`);
    answer({ ok: true });
  },
  join_room: (socket, { room_id = "" }, answer) => {
    if (room_id === "faulty") throw new Error("The rule of the application failed.");
    socket.join(room_id);
    answer({ ok: true });
  },
};

io.use((socket, next) => void authenticate(socket, next));
io.on("connection", (socket) => {
  socket.join(`user:${socket.data.user?.userId}`);
  socket.on("error", (error) => log(error.message));
  socket.onAny((name: string, payload: object, answer: Answer) => handlers[name]?.(socket, payload, answer));
});

const admin = io.of("/admin");
admin.use((socket, next) => void authenticate(socket, next));
admin.use((socket, next) => next(socket.data.user.role === "admin" ? undefined : new Error("forbidden")));
admin.on("connection", (socket) => void socket.join(`user:${socket.data.user.userId}`));

const socketsOf = (userId: string) =>
  [...io.of("/").sockets.values()].filter(({ rooms }) => rooms.has(`user:${userId}`));
const longestTurnMs = createTurnMeter();

serveCommands(port, {
  signIn(userId, role) {
    const token = randomUUID();
    sessions.set(token, { userId, role });
    return { cookie: `sid=${token}`, auth: {} };
  },
  signOut(userId) {
    for (const [token, user] of sessions) if (user.userId === userId) sessions.delete(token);
  },
  setRole(userId, role) {
    for (const [token, user] of sessions) if (user.userId === userId) sessions.set(token, { ...user, role });
  },
  note: (namespace, userId, text, count) =>
    inTurns(count, () => io.of(namespace).to(`user:${userId}`).emit("note", text)),
  facts(userId) {
    const sockets = socketsOf(userId);
    return {
      sockets: sockets.length,
      rooms: sockets.reduce((sum, { rooms }) => sum + rooms.size, 0),
      waiting: sockets.reduce(
        (sum, { conn }) => sum + (conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length,
        0,
      ),
      undecided: (io.of("/") as unknown as { _preConnectSockets: Map<string, Socket> })._preConnectSockets.size,
      logLines,
      longestTurnMs: longestTurnMs(),
    };
  },
});
